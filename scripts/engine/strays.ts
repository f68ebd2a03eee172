import { type SQL, sql } from 'drizzle-orm'
import { quarantine } from '../../schema/ledger.ts'
import { type Bound, keyOf, type TargetTable } from './bound.ts'
import { nullable, references } from './constraints.ts'
import { columnsOf, familyOf, listedIn } from './family.ts'
import { judgedRows } from './judge.ts'
import { addFamilies, type Scope, touchedText } from './scope.ts'
import { tableSql } from './shape.ts'
import { type Executor, keyText, typeSql } from './sql.ts'
import { stageOf } from './stage.ts'

/** A session's temporary table of the target rows that the families had under another family when they were last carried. */
const strays = sql.raw('pg_temp.sluice_strays')

/** Whether rows of the target table can give up what makes their family. */
const strayable = ({ table }: TargetTable): boolean => {
  const family = columnsOf(table).map(({ name }) => name)
  return references(table).some((each) => nullable(each.columns).some(({ name }) => family.includes(name)))
}

/**
 * Notes the rows that gave up what made their family, before the ledger forgets them: they are found under another
 * family, which knows nothing of them.
 */
export async function noteStrays(db: Executor, bound: Bound, scope: Scope): Promise<void> {
  await db.execute(sql`
    create temporary table if not exists sluice_strays (relation text, key text, family text) on commit delete rows`)
  await db.execute(sql`delete from ${strays}`)
  for (const target of bound.target.filter(strayable)) {
    await db.execute(sql`
      insert into ${strays}
      select q.relation, q.key, ${familyOf(columnsOf(target.table))}
      from ${quarantine} as q
      join ${tableSql(target.table)} on ${hasKey(target, sql`q.key`)}
      where q.system = ${bound.system.name}
        and q.relation = ${target.relation}
        and q.scope = 'value'
        and ${touchedText(scope, sql`q.family`)}
        and ${familyOf(columnsOf(target.table))} <> q.family`)
  }
}

/** Deletes the noted rows that no family yields any longer. The families that they were found under are touched by it. */
export async function removeStrays(db: Executor, bound: Bound): Promise<void> {
  await addFamilies(db, sql`select distinct family from ${strays}`)
  for (const target of bound.target.filter(strayable).reverse()) {
    await db.execute(sql`
      delete from ${tableSql(target.table)}
      using ${strays} as s
      where s.relation = ${target.relation}
        and ${hasKey(target, sql`s.key`)}
        and not exists (
          select from ${stageOf(target)} as staged
          where staged."#key" = s.key)
        and not exists (
          select from ${judgedRows(bound, target, listedIn(strays))} as derived
          where derived."#key" = s.key
            and derived."#refusal" is null)`)
  }
}

/** Whether a target row has the key that the ledger writes as `text`. */
function hasKey(target: TargetTable, text: SQL): SQL {
  const own = keyOf(target)
  const [only] = own
  return only && own.length === 1
    ? sql`${only} = ${text}::${typeSql(only)}`
    : sql`${keyText(own.map((each) => sql`${each}`))} = ${text}`
}
