import type { TransactionSql } from 'postgres'
import type { Report } from '../../../report.ts'
import { applyCases } from './dirt/apply.ts'
import { cases } from './dirt/cases.ts'
import { mediaColumns, mediaOfTitles, unidentifiedMedia } from './media.ts'
import type { Options } from './options.ts'
import { predictionColumns, predictionOfTitles } from './prediction.ts'
import { sizeOf } from './size.ts'
import { createTitles } from './titles.ts'
import { trainingColumns, trainingOfTitles } from './training.ts'

/** The tables that are filled, with their columns at the time of the load. */
export function columnsAt(version: number): Record<string, string[]> {
  return { media: mediaColumns, training: trainingColumns(version), prediction: predictionColumns }
}

/** Fills the three tables inside the server; rows never travel. Runs in the caller's transaction. */
export async function load(sql: TransactionSql, options: Options, report: Report): Promise<void> {
  const size = sizeOf(options)
  const untidy = size.dirty > 0 ? cases(options) : []
  const columns = columnsAt(options.version)
  const tables = Object.keys(columns)
  const count = async (text: string) => (await sql.unsafe(text)).count
  const fill = async (table: string, rows: string) => {
    const into = columns[table]?.join(', ')
    const clean = await count(
      `insert into atp.${table} (${into}) select ${into} from (${rows}) made where dirt is null`,
    )
    if (!untidy.length) return clean
    return (
      clean +
      (await count(`insert into dirty_${table} (n, dirt${table === 'media' ? ', nth' : ''}, ${into})
      select n, dirt${table === 'media' ? ', nth' : ''}, ${into} from (${rows}) made where dirt is not null`))
    )
  }

  // the expressions are wide and run once per row: compiling them costs more than it saves
  await sql.unsafe(`set local jit = off; set local work_mem = '128MB'; set local maintenance_work_mem = '256MB'`)
  await sql.unsafe(createTitles(options, size, untidy))
  for (const table of tables)
    await sql.unsafe(
      `create temp table dirty_${table} (like atp.${table}, n integer, nth integer, dirt integer) on commit drop`,
    )

  let done = await count(unidentifiedMedia(options.seed, size.unidentified))
  const [most] = await sql.unsafe('select max(media_rows) as rows from pg_temp.title')
  for (let nth = 1; nth <= (most?.rows ?? 0); nth++) {
    report.progress({ task: 'media', done, total: options.rows })
    done += await fill('media', mediaOfTitles(options.seed, nth))
  }
  report.progress({ task: 'media', done, total: options.rows })
  await fill('training', trainingOfTitles(options))
  await fill('prediction', predictionOfTitles())

  if (untidy.length)
    await sql.unsafe(applyCases(untidy, { seed: options.seed, taken: size.titles + size.trainingOnly }))
  for (const table of tables) {
    const all = table === 'media' && options.version >= 24 ? [...mediaColumns, 'deleted_at'] : columns[table]
    await sql.unsafe(`insert into atp.${table} (${all}) select ${all} from pg_temp.dirty_${table}`)
  }
  await sql.unsafe(
    `drop table ${['title', ...tables.map((table) => `dirty_${table}`)].map((name) => `pg_temp.${name}`)}`,
  )
}
