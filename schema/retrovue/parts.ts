import { type SQLWrapper, sql } from 'drizzle-orm'
import { check, PgSchema, snakeCase, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Where the tables are until a contract gives them the names of the old ones; applications find them by their search_path. */
export const retrovue: PgSchema = snakeCase.schema('retrovue')

/**
 * Where the old tables are, and the new ones after a contract. Named all the same, so that every query names it too;
 * `pgSchema` refuses the name, its class does not, and drizzle-kit leaves it out of what it writes.
 */
export const inPublic: PgSchema = new PgSchema('public', 'snake_case')

/** Either of them. */
export type Place = PgSchema

export const moment = () => timestamp({ withTimezone: true, mode: 'string' })

/** When a row was made. The document lets it be null, which no row ever was: that much of the old tables stays. */
export const stamp = () => moment().notNull().defaultNow()

/** The key of every table but one. */
export const id = () => uuid().primaryKey().defaultRandom()

/** A check that a column has one of the values that the document lists. */
export const oneOf = (table: string, column: string, value: SQLWrapper, values: readonly string[]) =>
  check(`${table}_${column}_check`, sql`${value} in (${sql.raw(values.map((each) => `'${each}'`).join(', '))})`)

/** The document ends such a list with "etc.": any value, but in lower case, so that each is written in one way. */
export const lowerCase = (table: string, column: string, value: SQLWrapper) =>
  check(`${table}_${column}_check`, sql`${value} <> '' and ${value} = lower(${value})`)
