import { boolean, text, unique, varchar } from 'drizzle-orm/pg-core'
import { astrid, id, stamps } from './parts.ts'

/** One row a survey of the sky. */
export const surveys = astrid.table(
  'surveys',
  {
    id: id(),
    name: varchar({ length: 100 }).notNull(),
    description: text(),
    baseUrl: varchar({ length: 500 }),
    apiEndpoint: varchar({ length: 500 }),
    isActive: boolean()
      .notNull()
      .$default(() => true),
    ...stamps,
  },
  (table) => [unique('surveys_name_key').on(table.name)],
)
