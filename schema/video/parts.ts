import { PgSchema, timestamp, uuid } from 'drizzle-orm/pg-core'

/** The schema `public`, named so that every query names it too, whatever the search_path is. */
export const video = new PgSchema('public', 'snake_case')

/** The key of every table of the legacy. The application makes it: the database has no default. */
export const id = () => uuid().notNull()

/** A time as the legacy has it: without a zone, written in UTC by the application. */
export const bare = () => timestamp({ mode: 'string' })

/** A time as phase 2 has it. */
export const moment = () => timestamp({ withTimezone: true, mode: 'string' })
