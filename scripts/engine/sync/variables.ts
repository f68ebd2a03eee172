import { type SQL, sql } from 'drizzle-orm'
import { textOf } from '../contract/text.ts'
import { among } from '../family.ts'

/** A variable of a generated function. No column has such a name, so that neither hides the other. */
export const variable = (name: string): SQL => sql`${sql.identifier(`$${name}`)}`

/**
 * A statement with values in the place of variables: what they rule out is gone when it is planned, while a variable's
 * value spares the execution of a subquery, but not its start.
 */
export const knowing = (statement: SQL, known: readonly (readonly [variable: SQL, value: SQL])[]): SQL =>
  sql.raw(known.reduce((text, [name, value]) => text.replaceAll(textOf(name), textOf(value)), textOf(statement)))

/** The families that are settled. */
export const families = variable('families')

/** What the write may have touched, as bits (see effects.ts). */
export const touched = variable('touched')

/** Whether the write came from the target's own applications. */
export const native = variable('native')

/** The keys of the rows of a target table that its own applications have just written. */
export const writtenOf = (place: number): SQL => variable(`written ${place}`)

/** The keys of the rows of a legacy table that its applications have just changed; empty where they are not known. */
export const changedOf = (place: number): SQL => variable(`changed ${place}`)

/** Rows that applications have just written to the tables of one shape, as keys by table. */
export const written = variable('written')

/** Why the target gets nothing of the families; null where it does. */
export const withheld = variable('withheld')

/** Whether the target has something of its own of the families, which the ledger keeps. */
export const own = variable('own')

/** Whether what the target has of its own are parts of rows alone, each under the family that answers for it. */
export const parts = variable('parts')

/** Whether the target's own applications may have put rows under other families than those that answer for them. */
export const moved = variable('moved')

/** Whether something of the families is set aside. */
export const aside = variable('aside')

/** Whether the complement has whole legacy rows of the families, which restore does not yield. */
export const whole = variable('whole')

/** Those of the families of which something is noted. */
export const noted = variable('noted')

/** What is set aside of one target table, as an array of jsonb. */
export const asides = variable('asides')

/** Families that were found to be touched besides. */
export const more = variable('more')

/** Families that are carried for the first time since both shapes are kept in step. */
export const fresh = variable('fresh')

/** Whether the target's own applications wrote what deriving does not give. */
export const unfollowed = variable('unfollowed')

/** The keys of the rows that a target table gets of the families; null where it was not looked at. */
export const keysOf = (place: number): SQL => variable(`keys ${place}`)

/** The families in `families`. */
export const theFamilies = among(families)

/** The key of the one row that is written back; null where all are. */
export const only = variable('only')

/** Its family. */
export const onlyFamily = variable('only family')

/**
 * Legacy columns, as `table.column`, that take what is restored whatever was kept of them; a whole settlement adds of which
 * rows (see `yields`).
 */
export const yielding = variable('yielding')

/** Whether they do so in all rows of a family, not only in those that have what deriving showed. */
export const anywhere = variable('anywhere')

/** The same of all target tables. */
export const yieldingAll = variable('yielding all')

/** Whether any target table was left otherwise than derived. */
export const unfollowedAny = variable('unfollowed any')

/** The complement of families as it was before a write. */
export const kept = variable('kept')
