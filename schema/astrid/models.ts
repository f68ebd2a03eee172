import { boolean, index, jsonb, numeric, uniqueIndex, varchar } from 'drizzle-orm/pg-core'
import { modelType } from './enums.ts'
import { astrid, id, moment, stamps } from './parts.ts'

const share = () => numeric({ precision: 5, scale: 4 })

/** One row a version of a model. */
export const models = astrid.table(
  'models',
  {
    id: id(),
    name: varchar({ length: 100 }).notNull(),
    version: varchar({ length: 50 }).notNull(),
    modelType: modelType().notNull(),
    architecture: jsonb(),
    hyperparameters: jsonb(),
    trainingDataset: varchar({ length: 200 }),
    trainingMetrics: jsonb(),
    precision: share(),
    recall: share(),
    f1Score: numeric('f1_score', { precision: 5, scale: 4 }),
    accuracy: share(),
    isActive: boolean()
      .notNull()
      .$default(() => false),
    deploymentDate: moment(),
    modelPath: varchar({ length: 500 }),
    mlflowRunId: varchar({ length: 100 }),
    ...stamps,
  },
  (table) => [
    uniqueIndex('idx_models_name_version').on(table.name, table.version),
    index('idx_models_model_type').on(table.modelType),
    index('idx_models_is_active').on(table.isActive),
  ],
)
