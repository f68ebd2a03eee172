import type { Sql } from 'postgres'
import type { Connection } from '../../../database/connect.ts'
import { Failure, Refusal } from '../../../errors.ts'
import type { Report } from '../../../report.ts'
import { history } from './history.ts'
import { columnsAt, load } from './load.ts'
import { checkOptions, type Options } from './options.ts'
import { createRole } from './role.ts'
import { steps } from './steps/index.ts'
import { missing } from './steps/v08-training.ts'

/** V28 drops columns that have data in them, so the load comes before it. */
const lastBeforeLoad = 27

/**
 * Fills an empty database with ATP's legacy as found live at a Flyway version, and returns the rows of each table.
 * The same options give the same bytes. Throws a Refusal when an option makes no sense or a legacy is already
 * there, and a Failure when the load broke off, which leaves empty tables.
 */
export async function createLegacy(
  connection: Connection,
  options: Options,
  report: Report,
): Promise<{ version: number; tables: Record<string, number> }> {
  checkOptions(options)
  const client = connection.db.$client
  await refuseExisting(client)
  const applied = steps.filter(({ version }) => version <= options.version)
  const before = applied.filter(({ version }) => version <= lastBeforeLoad)
  const after = applied.filter(({ version }) => version > lastBeforeLoad)
  if (!(await createRole(client))) report.note('The role rear_diff is missing and may not be created here: no grants.')

  // two transactions: the value that V25 adds to media_type can only be used once it is committed
  await client.begin(async (sql) => {
    for (const text of [history(options.version), ...before.map((step) => step.sql)]) if (text) await sql.unsafe(text)
  })
  const filled = client.begin(async (sql) => {
    await load(sql, options, report)
    report.note('Building keys and indexes.')
    for (const { keys } of before) if (keys) await sql.unsafe(keys)
    if (!options.withoutTrainingConstraints) await sql.unsafe(missing)
    for (const { sql: text } of after) if (text) await sql.unsafe(text)
    await sql.unsafe(`analyze ${Object.keys(columnsAt(options.version)).map((table) => `atp.${table}`)}`)
  })
  await filled.catch((cause) => {
    const next = 'drop this database, create it again, and then npm run legacy'
    throw new Failure('the shape is there, but its rows are not', { version: options.version }, next, cause)
  })
  return { version: options.version, tables: await countTables(client) }
}

async function refuseExisting(client: Sql): Promise<void> {
  const [found] = await client`
    select coalesce(to_regclass('atp.media'), to_regclass('public.flyway_schema_history'))::text as name`
  if (found?.name)
    throw new Refusal(`${found.name} already exists`, {}, 'name an empty database in DATABASE_URL, or create one')
}

async function countTables(client: Sql): Promise<Record<string, number>> {
  const [row] = await client`
    select
      (select count(*)::integer from atp.media) as media,
      (select count(*)::integer from atp.training) as training,
      (select count(*)::integer from atp.prediction) as prediction`
  return { ...row }
}
