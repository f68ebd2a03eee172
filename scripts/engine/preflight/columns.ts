import { sql } from 'drizzle-orm'
import { configOf } from '../declared.ts'
import type { Finding } from '../results.ts'
import { column } from '../sql.ts'
import { declaredType } from '../types.ts'
import { counted, type Group, type Look, type Seen } from './look.ts'

/** Columns that are not as declared. */
export const columns: Group = async (look) => {
  const findings: Finding[] = []
  for (const seen of look.legacy) findings.push(...declared(seen), ...(await unknown(look, seen)))
  return findings
}

function declared({ table, name, live }: Seen): Finding[] {
  return configOf(table).columns.flatMap((each): Finding[] => {
    const found = live.columns.find((column) => column.name === each.name)
    const at = { table: name, column: each.name }
    if (!found) {
      const message = `${name}.${each.name} is declared, but this database does not have it: it is read as NULL.`
      return [{ code: 'missing-column', ...at, message }]
    }
    const type = declaredType(each)
    if (found.type === type) return []
    const message = `${name}.${each.name} is declared as ${type} and is ${found.type} here. What does not fit the target's type is set aside and kept.`
    return [{ code: 'type-differs', ...at, message }]
  })
}

async function unknown({ db }: Look, seen: Seen): Promise<Finding[]> {
  const known = new Set(configOf(seen.table).columns.map((each) => each.name))
  const findings: Finding[] = []
  for (const each of seen.live.columns.filter(({ name }) => !known.has(name))) {
    const hit = seen.readable ? await counted(db, seen, sql`${column('d', each.name)} is not null`) : undefined
    const has = hit ? ` ${hit.rows} rows have a value.` : ''
    findings.push({
      code: 'unknown-column',
      table: seen.name,
      column: each.name,
      ...hit,
      message: `${seen.name}.${each.name} (${each.type}) is not declared, so the target has no place for it: its values are kept in the complement.${has}`,
    })
  }
  return findings
}
