import { eq, sql } from 'drizzle-orm'
import { complement, quarantine } from '../../schema/ledger.ts'
import { relationOf } from '../engine/bound.ts'
import { keyColumns, rows } from '../engine/preflight/look.ts'
import { readShape, tableName, tableSql } from '../engine/shape.ts'
import { column, keyText } from '../engine/sql.ts'
import { few } from '../terminal/words.ts'
import type { Session } from './command.ts'

/** One row, and what became of it. */
export interface Example {
  title: 'Carried' | 'Carried with a complement' | 'Quarantined'
  where: string
  what: string
}

const short = (text: string) => (text.length > 50 ? `${text.slice(0, 50)}…` : text)

const pairs = (kept: Record<string, string | null>) =>
  few(Object.entries(kept).map(([name, value]) => `${name} = ${value === null ? 'NULL' : short(value)}`))

/** A row that needed nothing beside the target. */
async function carried({ system, connection: { db } }: Session): Promise<Example[]> {
  const [extended] = system.extended?.tables ?? []
  const table = extended ? system.legacy[extended.name] : Object.values(system.legacy)[0]
  const live = table && (await readShape(db, [table])).tables.get(tableName(table))
  if (!table || !live) return []
  const key = keyText(keyColumns({ table, live }).map((name) => column('d', name)))
  const [row] = await rows<{ key: string }>(
    db,
    sql`
      select ${key} as "key"
      from ${tableSql(table)} as d
      where not exists (
        select
        from ${complement} as c
        where c.system = ${system.name}
          and c.relation = ${relationOf(system, table)}
          and c.key = ${key})
      order by 1
      limit 1`,
  )
  return row ? [{ title: 'Carried', where: `${live.name} ${row.key}`, what: 'every value is in the new tables' }] : []
}

/** An example of each fate that a row can have, where there is one. */
export async function examples(session: Session): Promise<Example[]> {
  const { system, connection } = session
  const { db } = connection
  const [kept] = await db
    .select()
    .from(complement)
    .where(sql`${eq(complement.system, system.name)} and ${eq(complement.kind, 'part')}`)
    .orderBy(complement.relation, complement.key)
    .limit(1)
  const [refused] = await db
    .select()
    .from(quarantine)
    .where(eq(quarantine.system, system.name))
    .orderBy(quarantine.relation, quarantine.key)
    .limit(1)
  return [
    ...(await carried(session)),
    ...(kept
      ? [
          {
            title: 'Carried with a complement' as const,
            where: `${kept.relation} ${kept.key}`,
            what: `kept beside the new tables: ${pairs(kept.kept)}`,
          },
        ]
      : []),
    ...(refused
      ? [
          {
            title: 'Quarantined' as const,
            where: `${refused.relation} ${refused.key}`,
            what: `${refused.constraintName} (${refused.sqlstate}): ${short(refused.reason)}`,
          },
        ]
      : []),
  ]
}
