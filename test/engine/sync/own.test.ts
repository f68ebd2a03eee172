import { describe, expect } from 'vitest'
import { type Scratch, scratchDatabase } from '../../support/scratch.ts'
import { run, sharing, verifyIn } from '../migration.ts'
import { alive, expectInStep, hash, seed, title, writeOwn } from './alive.ts'

const entry = (relation: string, key: string) => `relation = '${relation}' and key = '${key}'`
const file = entry('files', hash('e'))
const confirmed = entry('media_metadata', title(1))
const unlabelled = entry('media_metadata', title(7))

const set = (which: string, assignment: string) => `update sluice.target_complement set ${assignment} where ${which}`
const drop = (which: string) => `delete from sluice.target_complement where ${which}`

/** An entry of a row that is as the legacy has it, or that neither shape has. */
const add = (relation: string, key: string, kind: string, family = key) => `
  insert into sluice.target_complement (system, relation, key, family, target_family, kind, kept, derived)
  values ('atp', '${relation}', '${key}', '${family}', '${family}', '${kind}', '{"updated_at": null}', '{"updated_at": null}')`

/** What is done to the ledger, and which row of which table the proof must name as what. */
const damages: [name: string, text: string, table: string, key: string, kind: string][] = [
  ['a whole row is forgotten', drop(file), 'files', hash('e'), 'extra'],
  ['what a row has of its own is forgotten', drop(confirmed), 'media_metadata', title(1), 'differing'],
  ['a value of a whole row', set(file, `kept = kept || '{"target_path": "other"}'`), 'files', hash('e'), 'extra'],
  ['a column more of a whole row', set(file, `derived = '{"target_path": "x"}'`), 'files', hash('e'), 'extra'],
  ['a value', set(confirmed, `kept = '{"confirmed": "false"}'`), 'media_metadata', title(1), 'differing'],
  ['what was derived', set(confirmed, `derived = '{"confirmed": "true"}'`), 'media_metadata', title(1), 'differing'],
  ['no value is left', set(confirmed, `kept = '{}', derived = '{}'`), 'media_metadata', title(1), 'differing'],
  ['the kind', set(confirmed, `kind = 'absent'`), 'media_metadata', title(1), 'differing'],
  ['the family', set(unlabelled, `family = 'another'`), 'media_metadata', title(7), 'extra'],
  ['the family in the target', set(unlabelled, `target_family = 'another'`), 'media_metadata', title(7), 'extra'],
  ['a row that is as derived', add('downloads', hash('a'), 'part', title(1)), 'downloads', hash('a'), 'complement'],
  ['a title that is as derived', add('media_metadata', title(2), 'part'), 'media_metadata', title(2), 'complement'],
  ['metrics that are as derived', add('media_metrics', title(1), 'part'), 'media_metrics', title(1), 'complement'],
  ['a row that there is not', add('downloads', hash('9'), 'part'), 'downloads', hash('9'), 'complement'],
  ['a whole row that there is not', add('media_metrics', title(9), 'whole'), 'media_metrics', title(9), 'complement'],
  ['a row that is not derived', add('files', hash('9'), 'absent'), 'files', hash('9'), 'complement'],
  ['a table that there is not', add('nothing', 'x', 'part'), 'nothing', 'x', 'complement'],
]

/** Each shape has rows that the other has, and the target has three of its own. */
const test = sharing(async () => {
  const database = await scratchDatabase(await alive())
  await seed(database)
  await writeOwn(database)
  await expectInStep(database)
  return database
})

const undone = async (database: Scratch, work: () => Promise<void>) => {
  await run(database, 'create table public.kept as table sluice.target_complement')
  try {
    await work()
  } finally {
    await run(
      database,
      'truncate sluice.target_complement; insert into sluice.target_complement table public.kept; drop table public.kept',
    )
  }
  await expectInStep(database)
}

describe("the proof names what is wrong in the ledger of the target's own values", () => {
  for (const [name, text, table, key, kind] of damages)
    test(name, async ({ shared }) =>
      undone(shared, async () => {
        await run(shared, text)
        const { identical, differences, shown } = await verifyIn(shared)
        expect({ identical, differences }).toEqual({ identical: false, differences: 1 })
        const named = table === 'nothing' ? table : `atp.${table}`
        expect(shown).toMatchObject([{ table: named, key, kind }])
      }),
    )
})
