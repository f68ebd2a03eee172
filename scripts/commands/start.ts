import { sql } from 'drizzle-orm'
import { currentPhase } from '../engine/ledger.ts'
import { ownSchemas, rows, textArray } from '../engine/preflight/look.ts'
import { tableName } from '../engine/shape.ts'
import { Refusal } from '../errors.ts'
import { applications } from '../systems/index.ts'
import { counted, duration } from '../terminal/words.ts'
import { command, type Session } from './command.ts'
import { type Example, examples } from './examples.ts'
import { finish } from './finish.ts'
import { makeSample } from './legacy.ts'
import { migrateAll, migratedJson } from './migrate.ts'
import { sampleOption, sampleSchema } from './options.ts'
import { accountTable, proofText } from './say-proof.ts'
import { startWriter, type Writer } from './writer.ts'

const sample = { version: 23, dirt: 0.02, seed: 1, withoutTrainingConstraints: false }

/** Every user table, whoever made it. */
const userTables = ({ connection }: Session) =>
  rows<{ name: string }>(
    connection.db,
    sql`
      select n.nspname || '.' || c.relname as "name"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'f')
        and n.nspname not in ('pg_catalog', 'information_schema')
        and n.nspname !~ '^pg_(toast|temp)'
        and n.nspname <> all (${textArray(ownSchemas)})
      order by 1`,
  )

/**
 * Uses the legacy that is there, makes a sample of so many rows in an empty database, and refuses a database of something else.
 * @returns whether the database is Sluice's own, to do with as it likes
 */
async function ensureLegacy(session: Session, rows: number): Promise<boolean> {
  const { system, report, embedded } = session
  if ((await currentPhase(session)) === 'contracted') {
    throw new Refusal(
      'the legacy tables were dropped by a contract: the story is over here',
      { system: system.name },
      'npm run rollback brings them back, npm run status says where the migration is',
    )
  }
  const wanted = Object.values(system.legacy).map(tableName)
  const found = (await userTables(session)).map(({ name }) => name)
  if (wanted.every((name) => found.includes(name))) {
    report.note(`1. The legacy tables are there already (${wanted.join(', ')}): they are used as they are`)
    return embedded
  }
  if (found.length > 0) {
    throw new Refusal(
      'this database has tables, but not the legacy tables',
      { found: found[0], missing: wanted.find((name) => !found.includes(name)), SYSTEM: system.name },
      embedded ? 'delete the folder .sluice to begin anew' : 'name the legacy or an empty database in DATABASE_URL',
    )
  }
  report.note(`1. Making a sample of an old database, ${counted(rows, 'row')} in its largest table, some of them dirty`)
  await makeSample(session, { ...sample, rows })
  return true
}

const exampleText = ({ title, where, what }: Example) => `  ${title}: ${where}\n      ${what}`

export const start = command({
  name: 'start',
  summary: 'the whole story, on a sample database that comes with Sluice',
  about:
    'Makes a sample of an old database where there is none, looks at it, adds the new tables, keeps both shapes in step while an application writes each of them, copies every row, and proves that the old tables can be rebuilt exactly. In a database of its own it goes on to the contract and back again; in yours nothing is dropped. May be run again.',
  examples: [
    'npm start',
    'npm start -- --rows 100000',
    'DATABASE_URL=postgres://user:password@host/database npm start',
  ],
  options: [sampleOption],
  parse: sampleSchema,
  async run(session, { rows }) {
    const { report, embedded, system } = session
    report.note(
      embedded
        ? 'Sluice restructures a live Postgres database without losing a byte. This is its own server; its data stays in .sluice'
        : 'Sluice restructures a live Postgres database without losing a byte. This is the database that DATABASE_URL names',
    )
    const ours = await ensureLegacy(session, rows)
    const writers: Record<'legacy' | 'target', Writer | undefined> = { legacy: undefined, target: undefined }
    const shown = ours ? await applications[system.name]?.() : undefined
    const whenAlive = () => {
      if (!shown) return
      report.note('An application goes on writing the old tables, and a new one begins to write the new tables')
      writers.legacy = startWriter(session, shown.legacy)
      writers.target = startWriter(session, shown.target)
    }
    report.note('2. Looking at it, adding the new tables beside the old ones, keeping both in step, copying, proving')
    try {
      const done = await migrateAll(
        session,
        { bulk: false, batchSize: 2000, workers: 2 },
        { forecast: true, whenAlive },
      )
      const found = await examples(session)
      const end = ours && done.proof.identical ? await finish(session, writers) : undefined
      const text = [
        `\nEvery row of the old tables is carried exactly, carried with a complement that holds what the new tables cannot,\nor quarantined because the new tables' constraints refuse it. The three add up:\n`,
        accountTable(done.proof.accounts),
        ...(found.length ? ['\nAn example of each:', ...found.map(exampleText)] : []),
        '',
        proofText(done.proof),
        '',
        ...(end
          ? end.text
          : [`All of it took ${duration(done.seconds)}. The old tables are untouched, and nothing was dropped.`]),
        '',
        'What to do next:',
        ...(end
          ? ['  npm run migrate   forward again, step by step: plan, expand, sync, copy, prove']
          : ['  npm run verify    prove it again; change a row first, and see it named']),
        '  npm run status    where the migration is',
        '  npm run plan      what was found in the database',
        ...(embedded
          ? ['  DATABASE_URL=postgres://… npm run plan    look at a database of your own; nothing is changed']
          : []),
      ].join('\n')
      const json = { ...migratedJson(done, system.name), examples: found, ...(end ? { life: end.json } : {}) }
      return { json, text, exitCode: done.proof.identical && (end?.kept ?? true) ? 0 : 2 }
    } finally {
      await Promise.allSettled([writers.legacy?.stop(), writers.target?.stop()])
    }
  },
})
