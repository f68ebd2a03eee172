import { type SQL, sql } from 'drizzle-orm'
import { quarantine, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { heldOf, uniqueKeys } from '../constraints.ts'
import { lineageOf } from '../lineage.ts'
import { held } from '../quarantine.ts'
import { tableSql } from '../shape.ts'
import { all, column } from '../sql.ts'
import { keyParts } from './moved.ts'
import { familyIn, keyIn } from './settled.ts'
import { legacyFamily } from './watched.ts'

/** The families beside its own that a write of target row `alias` reaches, each as a further arm of a union. */
export const reachedFamilies = (bound: Bound, target: TargetTable, alias: string): SQL => sql`
        union all
        select q.family
        from ${quarantine} as q
        where q.system = ${bound.system.name}
          and q.relation = ${target.relation}
          and q.key = ${keyIn(target, alias)}
        union all
        select d.family
        from ${targetComplement} as d
        where d.system = ${bound.system.name}
          and d.relation = ${target.relation}
          and d.key = ${keyIn(target, alias)}${sql.join([...joinedFamilies(bound, target, alias), ...restoredFamilies(bound, target, alias), ...waitingFamilies(bound, target, alias)], sql``)}`

/**
 * The families of rows of other target tables that restore joins with row `alias`, each as a further arm of a union: theirs
 * may be other ones.
 */
export const joinedFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  bound.system.restore
    .flatMap((restore) => lineageOf(restore, bound.system.target).joined)
    .flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
    .flatMap(([mine, theirs]) => {
      const other = bound.target.find(({ relation }) => theirs.startsWith(`${relation}.`))
      if (!other || other === target || !mine.startsWith(`${target.relation}.`)) return []
      const name = (source: string) => source.slice(source.indexOf('.') + 1)
      return [
        sql`
        union all
        select ${familyIn(bound, other, 'r')}
        from ${tableSql(other.table)} as r
        where ${column('r', name(theirs))} = ${column(alias, name(mine))}`,
      ]
    })

/** The families of the legacy rows that row `alias` gives their key when it is restored. */
const restoredFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  bound.legacy.flatMap((legacy) => {
    const parts = keyParts(bound, target, legacy)
    if (parts.length === 0) return []
    const same = parts.map(({ name, source }) => sql`${column('l', name)} = ${column(alias, source)}`)
    return [
      sql`
        union all
        select ${legacyFamily(bound, legacy, 'l')}
        from ${tableSql(legacy.table)} as l
        where ${all(same)}`,
    ]
  })

/** The families that wait for a unique value which row `alias` has. */
const waitingFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  uniqueKeys(target.table).map(
    ({ name, columns }) => sql`
        union all
        select q.family
        from ${quarantine} as q
        where q.system = ${bound.system.name}
          and q.relation = ${target.relation}
          and q.constraint_name = ${name} and q.held = ${held(alias, heldOf(columns))}`,
  )
