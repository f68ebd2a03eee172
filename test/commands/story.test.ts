import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import type { Outcome } from '../../scripts/commands/command.ts'
import { commands } from '../../scripts/commands/index.ts'
import { choose } from '../../scripts/commands/program.ts'
import type { System } from '../../scripts/engine/system.ts'
import { silent } from '../../scripts/report.ts'
import { systems } from '../../scripts/systems/index.ts'
import { lines, run } from '../cli/run.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { smallLegacy } from './legacy-template.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await smallLegacy()),
})

/** The one document on stdout; parsing fails where anything else is there. */
const document = async (args: string[], url: string) => {
  const { code, stdout, stderr } = await run([...args, '--json'], url)
  return { code, stderr, ...JSON.parse(stdout) }
}

/** The same without a process of its own. */
async function outcome(args: string[], { url, connection }: Scratch): Promise<Outcome> {
  const chosen = choose(args, commands)
  const { signal } = new AbortController()
  const session = {
    system: (await systems.atp?.()) as System,
    connection,
    report: silent,
    signal,
    url,
    embedded: false,
  }
  if (!chosen) throw new Error(`${args.join(' ')} only asks for help`)
  return chosen.run(session)
}

test('plan, migrate twice, status, copy and verify, each with one document on stdout', async ({ database }) => {
  const { url, connection } = database
  const planned = await document(['plan'], url)
  expect(planned).toMatchObject({ code: 0, system: 'atp', phase: 'legacy', legacyVersion: 23 })

  const migrated = await document(['migrate'], url)
  expect(migrated).toMatchObject({ code: 0, phase: 'verified', identical: true, differences: 0 })
  expect(Object.keys(migrated.tables)).toEqual(['media', 'training', 'prediction'])
  for (const { rows, carried, complemented, quarantined } of Object.values<Record<string, number>>(migrated.tables)) {
    expect(rows).toBe((carried ?? 0) + (complemented ?? 0) + (quarantined ?? 0))
  }
  expect(migrated.tables.media.rows).toBe(1000)
  expect(migrated.stderr).toContain('Expand: 8 steps applied')

  const steps = () => connection.db.execute(sql`select name from drizzle.__drizzle_migrations order by id`)
  const applied = await steps()
  expect(applied).toHaveLength(8)
  const again = await outcome(['migrate', '--bulk'], database)
  expect(again).toMatchObject({ exitCode: 0, json: { identical: true, applied: [] } })
  expect(await steps()).toEqual(applied)

  const status = await outcome(['status'], database)
  expect(status).toMatchObject({ exitCode: 0, json: { phase: 'verified', lastProof: { identical: true } } })
  expect(status.text).toContain('Last proof: identical')

  const copied = await outcome(['copy', '--workers', '1'], database)
  expect(copied).toMatchObject({ exitCode: 0, json: { phase: 'syncing' } })
  const proven = await outcome(['verify'], database)
  expect(proven).toMatchObject({ exitCode: 0, json: { identical: true, tables: { media: { missing: 0 } } } })

  await connection.db.transaction(async (tx) => {
    // behind the triggers' back
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`
      update atp.downloads
      set original_title = 'tampered'
      where hash = (select min(hash) from atp.downloads)`)
  })
  const different = await run(['verify'], url)
  expect(different.code).toBe(2)
  expect(different.stdout).toMatch(/original_title: found 'tampered', expected '/)
  expect(await outcome(['verify', '--show', '0'], database)).toMatchObject({ exitCode: 2, json: { shown: [] } })
})

describe('start', () => {
  scratch('refuses a database of something else and leaves it as it is', async ({ database }) => {
    await database.connection.db.execute(sql`create table public.invoices (id integer)`)
    const { code, stderr } = await run(['start'], database.url)
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/not the legacy tables.*public\.invoices/),
    })
  })

  test('tells the story on a legacy that is there', async ({ database }) => {
    const { exitCode, text } = await outcome(['start'], database)
    expect(exitCode).toBe(0)
    for (const words of [
      'Carried: media',
      'Carried with a complement: ',
      'Quarantined: ',
      'Identical: ',
      'to do next:',
    ])
      expect(text).toContain(words)
  })

  scratch(
    'makes a sample in an empty database',
    async ({ database }) => {
      const told = await document(['start', '--rows', '5000'], database.url)
      expect(told).toMatchObject({ code: 0, identical: true, life: { phase: 'legacy', missing: 0 } })
      expect(told.life.written.legacy).toBeGreaterThan(5)
      expect(told.life.written.target).toBeGreaterThan(5)
      expect(told.life.dropped).toHaveLength(3)
      expect(told.examples.map(({ title }: { title: string }) => title)).toEqual([
        'Carried',
        'Carried with a complement',
        'Quarantined',
      ])
    },
    180_000,
  )
})

scratch('help lists the commands, has an example, and exits with 0', async () => {
  const [one, all] = await Promise.all([run(['copy', '--help']), run(['--help'])])
  expect({ code: one.code, stderr: one.stderr }).toEqual({ code: 0, stderr: '' })
  expect(one.stdout).toMatch(/Examples:\n {2}npm run/)
  expect(lines(all.stdout).join(' ')).toMatch(/start.*plan.*migrate.*copy.*verify.*status.*legacy/)
})
