import { describe, expect } from 'vitest'
import type { Scratch } from '../../support/scratch.ts'
import { seeded } from '../copying.ts'
import { verifyIn } from '../migration.ts'
import { asApplication, hash, living, title, values } from './alive.ts'
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
const steps = Number(process.env.SLUICE_STEPS ?? 120)

describe.each(kinds)('on a dirty legacy of version $version', ({ seed, ...kind }) => {
  const test = living({ rows: 60, dirt: 0.3, seed: 5, ...kind })

  test(`both shapes are in step after every one of ${steps} writes to either`, async ({ database }) => {
    const first = Number(process.env.SLUICE_SEED ?? seed)
    const next = collisions(await poolsOf(database), seeded(first))
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
