import type { Column } from 'drizzle-orm'
import { expect } from 'vitest'
import { bind } from '../../scripts/engine/bound.ts'
import { tableName } from '../../scripts/engine/shape.ts'
import type { System } from '../../scripts/engine/system.ts'
import { wavesOf } from '../../scripts/engine/waves.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { retrovue } from '../../scripts/systems/retrovue/index.ts'
import { type Scratch, test } from '../support/scratch.ts'
import * as rows from '../systems/retrovue/migration.ts'
import { legacyIn } from './migration.ts'

/** The columns that make families, by wave. */
async function waves(database: Scratch, system: System): Promise<string[][]> {
  const bound = await bind(system, database.connection.db)
  return wavesOf(bound).map((arms) =>
    arms.map(({ column }) => {
      const { table, name } = column as Column & { table: Parameters<typeof tableName>[0] }
      return `${tableName(table).split('.')[1]}.${name}`
    }),
  )
}

test('families that others refer to are copied before those', async ({ database }) => {
  await rows.legacyIn(database, { rows: 10 })
  expect(await waves(database, retrovue)).toEqual([
    ['titles.id', 'assets.id', 'markers.asset_id', 'review_queue.asset_id', 'sources.id'],
    ['seasons.id', 'source_collections.id', 'path_mappings.collection_id'],
    ['episodes.id', 'episode_assets.episode_id'],
    ['provider_refs.id'],
  ])
})

test('where no family refers to another there is one wave', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  expect(await waves(database, atp)).toHaveLength(1)
})
