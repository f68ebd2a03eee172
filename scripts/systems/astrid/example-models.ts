import { db, legacy, restore } from './tables.ts'

/** A survey is its row of the placeholder again. */
export const exampleModels = restore(legacy.exampleModels, ({ surveys }, keys) =>
  db
    .select({
      id: surveys.id,
      name: surveys.name,
      description: surveys.description,
      createdAt: surveys.createdAt,
      updatedAt: surveys.updatedAt,
    })
    .from(surveys)
    .where(keys.match(surveys)),
)
