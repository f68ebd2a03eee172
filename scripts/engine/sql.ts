import { type Column, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../database/connect.ts'

/** A pool, a session or a transaction: whatever runs a statement. */
export type Executor = Pick<Database, 'execute'>

/** `alias.column`. */
export const column = (alias: string, name: string): SQL => sql`${sql.identifier(alias)}.${sql.identifier(name)}`

/** Joins with commas. */
export const list = (items: readonly SQL[]): SQL => sql.join([...items], sql`, `)

/** Joins with `and`. */
export const all = (conditions: readonly SQL[]): SQL => sql.join([...conditions], sql` and `)

/** The assignments that set columns to null. */
export const setNull = (columns: readonly { name: string }[]): SQL =>
  list(columns.map(({ name }) => sql`${sql.identifier(name)} = null`))

/** The type of a declared column as the server writes it in a cast. */
export function typeSql(column: Column): SQL {
  const declared = column as PgColumn & { enum?: { enumName: string; schema?: string } }
  const base = declared.enum
    ? sql`${sql.identifier(declared.enum.schema ?? 'public')}.${sql.identifier(declared.enum.enumName)}`
    : sql.raw(column.getSQLType())
  return sql`${base}${sql.raw('[]'.repeat((column as PgColumn & { dimensions?: number }).dimensions ?? 0))}`
}

/** The columns of `alias`, written out, as a row. */
export const rowOf = (alias: string, columns: readonly { name: string }[]): SQL =>
  sql`row(${sql.join(
    columns.map(({ name }) => column(alias, name)),
    sql`, `,
  )})`

/**
 * Whether two rows are the same to the byte of every column: numeric scale, padding and array bounds included. The
 * casts keep the server from comparing column by column, for which *= has no operators.
 */
export const sameImage = (a: SQL, b: SQL): SQL => sql`(${a}::record *= ${b}::record)`

/** A column with its type, by which its values are compared. */
export interface Typed {
  name: string
  /** As `format_type` writes it, qualified where it is not built in: `character varying(10)`, `app.mood[]`. */
  type: string
  isEnum: boolean
}

/**
 * Whether two rows are not the same to the byte of every column. Columns of which equal values have equal bytes are
 * compared as they are: to make rows of all columns takes longer than to compare them.
 * @param of the values of the two rows
 */
export function imagesDiffer(
  columns: readonly Typed[],
  of: readonly [(name: string) => SQL, (name: string) => SQL],
): SQL {
  const [one, other] = of
  const differs = ({ name, type, isEnum }: Typed) =>
    isEnum ? sql`${one(name)} is distinct from ${other(name)}` : valuesDiffer(one(name), other(name), type)
  const differences = columns.flatMap((each) => differs(each) ?? [])
  const others = columns.filter((each) => !differs(each))
  const row = (value: (name: string) => SQL) => sql`row(${list(others.map(({ name }) => value(name)))})`
  if (others.length > 0) differences.push(sql`not ${sameImage(row(one), row(other))}`)
  return differences.length > 0 ? sql`(${sql.join(differences, sql` or `)})` : sql`false`
}

/** The text that identifies a row in the ledger, from the columns of its key; `\N` stands for null. */
export const keyText = (columns: readonly SQL[]): SQL =>
  columns.length === 1 ? sql`coalesce(${columns[0]}::text, '\\N')` : sql`row(${sql.join([...columns], sql`, `)})::text`

/** The output function's text of a value. A cast of char(n) to text would drop its padding. */
export const textForm = (value: SQL, type: string): SQL =>
  /^(character|char|bpchar)(\(\d+\))?$/.test(type) ? sql`textin(bpcharout(${value}))` : sql`${value}::text`

/**
 * Whether what was kept of a column must be read as its type one by one: in a jsonb record a text is itself a value of
 * these types, where for every other type it is what the type's input function reads.
 */
export const isJson = (type: string): boolean => /^jsonb?$/.test(type)

/** Types of which equal values have equal texts, so that their texts need not be made to compare them. */
const exact = /^(smallint|integer|bigint|boolean|uuid|bytea|date|oid|timestamp( ?\(\d\))?( with(out)? time zone)?)$/
const collated = /^(text|varchar|character varying)(\(\d+\))?$/

/** Whether two values of a type differ, where equal ones have equal bytes and texts; nothing of any other type. */
function valuesDiffer(a: SQL, b: SQL, type: string): SQL | undefined {
  if (exact.test(type)) return sql`${a} is distinct from ${b}`
  return collated.test(type) ? sql`${a} collate "C" is distinct from ${b} collate "C"` : undefined
}

/** Whether two values of a type differ in their text form: numerics of another scale do, though they are equal. */
export const textDiffers = (a: SQL, b: SQL, type: string): SQL =>
  valuesDiffer(a, b, type) ?? sql`${textForm(a, type)} is distinct from ${textForm(b, type)}`

/** A jsonb object of the columns that differ, each with its text. */
export const textsOf = (columns: readonly { name: string; differs: SQL; text: SQL }[]): SQL =>
  columns.length === 0
    ? sql`'{}'::jsonb`
    : sql`coalesce(jsonb_object(${sql.join(
        columns.map(({ name, differs, text }) => sql`case when ${differs} then array[${name}::text, ${text}] end`),
        sql` || `,
      )}), '{}')`

/** The text of a whole row of `alias`, in an order that no collation changes. */
export const rowText = (alias: string): SQL => sql`(${sql.identifier(alias)}.*)::text collate "C"`
