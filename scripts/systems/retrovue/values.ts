import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { pgEnum } from 'drizzle-orm/pg-core'

/** The label of an enum type as the application writes it. */
export const lower = (label: SQLWrapper): SQL => sql`lower(${label}::text)`

/** The label that an enum type has for a value; null where it has none, which the old table then refuses. */
export const labelOf = (value: SQLWrapper, { enumValues }: ReturnType<typeof pgEnum>): SQL => {
  const known = enumValues.map((label) => `'${label.toLowerCase()}'`).join(', ')
  return sql`case when ${value} in (${sql.raw(known)}) then upper(${value}) end`
}

/** The value where the old column can hold it, else null, which the old table then refuses. */
export const asInteger = (value: SQLWrapper): SQL =>
  sql`case when ${value} between -2147483648 and 2147483647 then ${value} end`

/** A pair of escapes that is one character, and an escape that is none by itself or that no text of Postgres has. */
const pair = String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`
const noCharacter = String.raw`\\u([dD][89a-fA-F]|0000)`
const tooLarge = '[0-9][eE][-+]?[0-9]{5}'

/**
 * A json value as jsonb; null for the few that json takes and jsonb does not: characters that are none, and numbers
 * beyond all bounds. The complement keeps those, and of every other value how it was written.
 */
export const asJsonb = (value: SQLWrapper): SQL => {
  const text = sql`${value}::text`
  // a backslash that is escaped begins no escape
  const escapes = sql`regexp_replace(replace(${text}, ${sql.raw(String.raw`'\\'`)}, ''), ${sql.raw(`'${pair}'`)}, '', 'g')`
  return sql`case when ${text} ~ ${sql.raw(`'${tooLarge}'`)} then null
    when strpos(${text}, ${sql.raw(String.raw`'\u'`)}) > 0 and ${escapes} ~ ${sql.raw(`'${noCharacter}'`)} then null
    else ${text}::jsonb end`
}
