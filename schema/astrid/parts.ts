import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { numeric, PgSchema, timestamp, uuid } from 'drizzle-orm/pg-core'

/**
 * AstrID's tables are in the schema `public`. Named all the same, so that every query names it too, whatever the
 * search_path is; `pgSchema` refuses the name, its class does not, and drizzle-kit leaves it out of what it writes.
 */
export const astrid = new PgSchema('public', 'snake_case')

/** The key of every table. The application makes it: the database has no default. */
export const id = () => uuid().primaryKey().$defaultFn(randomUUID)

export const moment = () => timestamp({ withTimezone: true, mode: 'string' })

/** When a row was made, by the database. */
export const createdAt = () => moment().notNull().defaultNow()

/** When a row was made and when it last changed; the application refreshes the second, no trigger does. */
export const stamps = {
  createdAt: createdAt(),
  updatedAt: createdAt().$onUpdate(() => sql`now()`),
}

/** A place in the sky, in degrees. */
export const place = {
  ra: numeric({ precision: 10, scale: 7 }).notNull(),
  dec: numeric({ precision: 10, scale: 7 }).notNull(),
}
