import { boolean, jsonb, text, unique, varchar } from 'drizzle-orm/pg-core'
import { astrid, id, stamps } from './parts.ts'

/** One row a setting. Those of a survey have the key `survey_config:` and its name in lower case. */
export const systemConfig = astrid.table(
  'system_config',
  {
    id: id(),
    key: varchar({ length: 100 }).notNull(),
    value: jsonb().notNull(),
    description: text(),
    isActive: boolean()
      .notNull()
      .$default(() => true),
    ...stamps,
  },
  (table) => [unique('system_config_key_key').on(table.key)],
)
