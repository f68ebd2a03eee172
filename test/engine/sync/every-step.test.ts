import { describe, expect } from 'vitest'
import { stopSync } from '../../../scripts/engine/sync/index.ts'
import { type Scratch, scratchDatabase } from '../../support/scratch.ts'
import { legacyTables, seeded } from '../copying.ts'
import { contextOf, verifyIn } from '../migration.ts'
import { alive, asApplication, hash, living, title, values } from './alive.ts'
import { collisions, isOwnError, type Pools } from './collisions.ts'

/** A few titles and hashes that are there, and a few that are not. */
async function poolsOf(database: Scratch): Promise<Pools> {
  const titles = await values(
    database,
    `select imdb_id
     from (select imdb_id from atp.media union select imdb_id from atp.training union select imdb_id from atp.prediction) as t
     where imdb_id ~ '^tt[0-9]{7,8}$'
     order by 1
     limit 9`,
  )
  const hashes = await values(
    database,
    `select hash
     from atp.media
     where imdb_id is null or imdb_id in ('${titles.join("', '")}')
     order by 1
     limit 14`,
  )
  return {
    titles: [...titles, ...[1, 2, 3].map(title)] as string[],
    hashes: [...hashes, ...['a', 'b', 'c', 'd'].map(hash)] as string[],
  }
}

const kinds = [
  { seed: 11, version: 24 },
  { seed: 12, version: 32 },
  { seed: 13, version: 27, withoutTrainingConstraints: true },
]
const steps = 60

describe.each(kinds)('on a dirty legacy of version $version', ({ seed, ...kind }) => {
  const test = living({ rows: 60, dirt: 0.3, seed: 5, ...kind })

  test(`both shapes are in step after every one of ${steps} writes to either`, async ({ database }) => {
    const next = collisions(await poolsOf(database), seeded(seed))
    const done: string[] = []
    await asApplication(database, async (session) => {
      for (let step = 0; step < steps; step++) {
        const statement = next()
        try {
          const { count } = await session.unsafe(statement.text)
          done.push(`${statement.text}; -- ${count}`)
          if (count === 0) continue
        } catch (error) {
          const told = error as { code?: string; table_name?: string }
          expect(isOwnError(statement, told), `${statement.text}: ${told}\n${done.slice(-10).join('\n')}`).toBe(true)
          continue
        }
        const proof = await verifyIn(database, 3)
        expect(proof.shown, done.slice(-12).join('\n')).toEqual([])
        expect(proof.identical).toBe(true)
      }
    })
  })
})

const twins = living({ rows: 60, dirt: 0.3, seed: 5, version: 27 })

twins('the legacy is what it would be without the sync, and refuses what it would refuse', async ({ database }) => {
  const twin = await scratchDatabase(await alive({ rows: 60, dirt: 0.3, seed: 5, version: 27 }))
  try {
    await stopSync(contextOf(twin))
    const next = collisions(await poolsOf(database), seeded(21))
    const legacyOnly = Array.from({ length: 300 }, next).filter(({ side }) => side === 'legacy')
    const told = ({ message, code }: { message?: string; code?: string }) => `${code} ${message}`
    await asApplication(database, (one) =>
      asApplication(twin, async (other) => {
        for (const { text } of legacyOnly) {
          const [here, there] = await Promise.all(
            [one, other].map((session) => session.unsafe(text).then(({ count }) => count, told)),
          )
          expect(here, text).toEqual(there)
        }
      }),
    )
    const rows = (of: Scratch) =>
      Promise.all(
        legacyTables.map((table) =>
          values(of, `select (to_jsonb(t) - 'updated_at')::text from atp.${table} as t order by 1`),
        ),
      )
    expect(await rows(database)).toEqual(await rows(twin))
  } finally {
    await twin.drop()
  }
})
