import { type SQLWrapper, sql } from 'drizzle-orm'
import { db, derive, target } from './tables.ts'

const first = (a: SQLWrapper, b: SQLWrapper) => sql`coalesce(${a}, ${b})`

/** Every row of the placeholder is a survey in use, of which nothing else is known yet. A time that is missing is the other one. */
export const surveys = derive(target.surveys, ({ exampleModels: example }, keys) =>
  db
    .select({
      id: example.id,
      name: example.name,
      description: example.description,
      baseUrl: sql`null::varchar`,
      apiEndpoint: sql`null::varchar`,
      isActive: sql`true`,
      createdAt: first(example.createdAt, example.updatedAt),
      updatedAt: first(example.updatedAt, example.createdAt),
    })
    .from(example)
    .where(keys.match(example)),
)
