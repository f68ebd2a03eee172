import { sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { configOf } from '../declared.ts'
import { ask } from '../gate/conditions.ts'
import { isApplied, partsOf } from '../gate/parts.ts'
import type { Finding } from '../results.ts'
import { tableName } from '../shape.ts'
import { type Group, type Look, rows } from './look.ts'
import { readSteps } from './steps.ts'

/** For a system that grows in phases: what stands in the way of those that are still to be applied. */
export const phases: Group = async (look) => {
  const { system, db } = look
  if (!system.gates) return []
  const pending = partsOf(system, await readSteps(system, db)).filter((part) => !isApplied(part))
  const findings: Finding[] = []
  for (const { gate } of pending) {
    if (!gate) continue
    for (const table of gate.tables) findings.push(...(await types(look, table)))
    for (const { condition, rows: count, samples } of await ask(db, gate.before ?? [])) {
      if (count === 0) continue
      const [table] = condition.of ?? gate.tables
      findings.push({
        code: 'phase',
        table: table ? tableName(table) : '',
        rows: count,
        samples,
        message: `Phase ${gate.name} (${gate.about}) needs that ${condition.what}: ${count} times it is not so, for example ${samples[0]}. What to do: ${condition.remedy ?? 'put it right'}.`,
      })
    }
  }
  return findings
}

/** Enum types that the table's step makes, and that are there already. */
async function types({ db }: Look, table: PgTable): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const column of configOf(table).columns) {
    const { enum: declared } = column as PgColumn & {
      enum?: { enumName: string; schema?: string; enumValues: string[] }
    }
    if (!declared) continue
    const name = `${declared.schema ?? 'public'}.${declared.enumName}`
    const [found] = await rows<{ labels: string[] | null }>(
      db,
      sql`
        select array_agg(enumlabel::text order by enumsortorder) as "labels"
        from pg_enum
        where enumtypid = to_regtype(${name})
        having count(*) > 0`,
    )
    if (!found) continue
    const same = found.labels?.join('\0') === declared.enumValues.join('\0')
    findings.push({
      code: same ? 'type-there' : 'type-exists',
      table: tableName(table),
      column: column.name,
      message: same
        ? `The type ${name} is there already, with the same labels: it is used, and stays after a rollback.`
        : `The type ${name} is there already, with other labels (${found.labels?.join(', ')}). Rename it or drop it.`,
    })
  }
  return findings
}
