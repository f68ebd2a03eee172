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
  const differs = (each: Typed) => valuesDiffer(one(each.name), other(each.name), each)
  const differences = columns.flatMap((each) => differs(each) ?? [])
  const others = columns.filter((each) => !differs(each))
  const row = (value: (name: string) => SQL) => sql`row(${list(others.map(({ name }) => value(name)))})`
  if (others.length > 0) differences.push(sql`not ${sameImage(row(one), row(other))}`)
  return differences.length > 0 ? sql`(${sql.join(differences, sql` or `)})` : sql`false`
}

/** The text that identifies a row in the ledger, from the columns of its key; `\N` stands for null. */
export const keyText = (columns: readonly SQL[]): SQL =>
  columns.length === 1 ? sql`coalesce(${columns[0]}::text, '\\N')` : sql`row(${sql.join([...columns], sql`, `)})::text`

const padded = /^(character|char|bpchar)(\(\d+\))?$/

/** The output function's text of a value. A cast of char(n) to text would drop its padding. */
export const textForm = (value: SQL, type: string): SQL =>
  padded.test(type) ? sql`textin(bpcharout(${value}))` : sql`${value}::text`

/**
 * Whether what was kept of a column must be read as its type one by one: in a jsonb record a text is itself a value of
 * these types, where for every other type it is what the type's input function reads.
 */
export const isJson = (type: string): boolean => /^jsonb?$/.test(type)

/**
 * Types of which equal values have equal texts, so that their texts need not be made to compare them. A numeric of a given
 * scale has that many digits, and a char of a given length is padded to it; without they may have any.
 */
const exact =
  /^(smallint|integer|bigint|boolean|uuid|bytea|date|oid|numeric\(\d+,-?\d+\)|timestamp( ?\(\d\))?( with(out)? time zone)?)$/
const collated = /^((text|varchar|character varying)(\(\d+\))?|character\(\d+\))$/

/**
 * Whether equal values of a type have equal bytes and texts, and the text of each is certain to be read as that value
 * again, as a dump relies on.
 */
export const readsBack = ({ type, isEnum }: Omit<Typed, 'name'>): boolean =>
  isEnum || exact.test(type) || collated.test(type)

/** Whether two values of a type differ, where equal ones have equal bytes and texts; nothing of any other type. */
function valuesDiffer(a: SQL, b: SQL, typed: Omit<Typed, 'name'>): SQL | undefined {
  if (!readsBack(typed)) return undefined
  return collated.test(typed.type)
    ? sql`${a} collate "C" is distinct from ${b} collate "C"`
    : sql`${a} is distinct from ${b}`
}

/**
 * Whether two equal values of a type have equal texts too: numerics of another scale have not. Nothing where equal values
 * always have; padding is no part of the text that a cast of char(n) gives.
 */
export function sameText(a: SQL, b: SQL, type: string): SQL | undefined {
  if (exact.test(type)) return undefined
  return collated.test(type) || padded.test(type)
    ? sql`${a} collate "C" = ${b} collate "C"`
    : sql`${a}::text collate "C" = ${b}::text collate "C"`
}

/** Whether two values of a type differ in their text form: numerics of another scale do, though they are equal. */
export const textDiffers = (a: SQL, b: SQL, type: string): SQL =>
  valuesDiffer(a, b, { type, isEnum: false }) ?? sql`${textForm(a, type)} is distinct from ${textForm(b, type)}`

/** A jsonb object of the columns that differ, each with its text. */
export const textsOf = (columns: readonly Text[]): SQL =>
  columns.length === 0 ? sql`'{}'::jsonb` : objectOf(pairsOf(columns))

/**
 * The same of the columns in which two rows differ, with the texts of the first. Texts are made of what can only be compared
 * by its text once its bytes are found to differ.
 * @param of the values of the two rows
 */
export function textsOfDiffering(
  columns: readonly Typed[],
  of: readonly [(name: string) => SQL, (name: string) => SQL],
): SQL {
  const text = (each: Typed): Text => {
    const [a, b] = [of[0](each.name), of[1](each.name)]
    return {
      name: each.name,
      differs: valuesDiffer(a, b, each) ?? textDiffers(a, b, each.type),
      text: textForm(a, each.type),
    }
  }
  const known = columns.filter(readsBack)
  const others = columns.filter((each) => !readsBack(each))
  if (others.length < 2) return textsOf([...known, ...others].map(text))
  const guarded = sql`case when ${imagesDiffer(others, of)} then ${pairsOf(others.map(text))} end`
  return objectOf(known.length > 0 ? sql`${pairsOf(known.map(text))} || ${guarded}` : guarded)
}

/** A column's text, where it differs. */
interface Text {
  name: string
  differs: SQL
  text: SQL
}

const pairsOf = (columns: readonly Text[]): SQL =>
  sql.join(
    columns.map(({ name, differs, text }) => sql`case when ${differs} then array[${name}::text, ${text}] end`),
    sql` || `,
  )

const objectOf = (pairs: SQL): SQL => sql`coalesce(jsonb_object(${pairs}), '{}')`

/** The text of a whole row of `alias`, in an order that no collation changes. */
export const rowText = (alias: string): SQL => sql`(${sql.identifier(alias)}.*)::text collate "C"`
