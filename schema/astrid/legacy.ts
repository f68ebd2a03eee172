import { text, timestamp, uuid, varchar } from 'drizzle-orm/pg-core'
import { astrid } from './parts.ts'

/**
 * The placeholder. Nothing documents its columns, so they are the usual ones, as nullable as they may be found: a live
 * table that is stricter fits too.
 */
export const exampleModels = astrid.table('example_models', {
  id: uuid().primaryKey(),
  name: varchar({ length: 100 }),
  description: text(),
  createdAt: timestamp({ withTimezone: true, mode: 'string' }).defaultNow(),
  updatedAt: timestamp({ withTimezone: true, mode: 'string' }).defaultNow(),
})
