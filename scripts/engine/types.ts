import { is } from 'drizzle-orm'
import { type PgColumn, PgEnumColumn } from 'drizzle-orm/pg-core'
import type { Typed } from './sql.ts'

/** Names that Drizzle writes, as `format_type` writes them. */
const spelled: readonly [RegExp, string][] = [
  [/^varchar\b/, 'character varying'],
  [/^char$/, 'character(1)'],
  [/^char\b/, 'character'],
  [/^bigserial$/, 'bigint'],
  [/^smallserial$/, 'smallint'],
  [/^serial$/, 'integer'],
  [/^(numeric)\((\d+)\)$/, '$1($2,0)'],
  [/^(time|timestamp)$/, '$1 without time zone'],
  [/^(time|timestamp) ?(\(\d\))$/, '$1$2 without time zone'],
  [/^(time|timestamp) (\(\d\)) /, '$1$2 '],
]

/** The declared type of a column as the catalogs would write it, to be compared with the live one. */
export function declaredType(column: PgColumn): string {
  const { enum: kind } = column as PgColumn & { enum?: { enumName: string; schema?: string } }
  const plain = column.getSQLType().toLowerCase().replace(/,\s+/g, ',')
  const base = kind
    ? `${kind.schema ?? 'public'}.${kind.enumName}`
    : spelled.reduce((type, [pattern, replacement]) => type.replace(pattern, replacement), plain)
  return base + '[]'.repeat(Math.min(1, column.dimensions))
}

/** A declared column as its values are compared: an array of an enum is no enum. */
export const typed = (column: PgColumn): Typed => ({
  name: column.name,
  type: declaredType(column),
  isEnum: is(column, PgEnumColumn) && !column.dimensions,
})
