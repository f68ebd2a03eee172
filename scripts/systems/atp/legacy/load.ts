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
export function columnsAt(version: number) {
  return { media: mediaColumns(version), training: trainingColumns(version), prediction: predictionColumns }
}

/**
 * Fills the three tables inside the server; rows never travel. Runs in the caller's transaction. Clean titles go
 * straight to their tables; dirty ones into temporary copies, where each case makes its changes, and then after them.
 */
export async function load(sql: TransactionSql, options: Options, report: Report): Promise<void> {
  const { seed, rows, version } = options
  const size = sizeOf(options)
  const untidy = size.dirty > 0 ? cases(options) : []
  const columns = Object.entries(columnsAt(version))
  const run = async (text: string) => (await sql.unsafe(text)).count

  // the expressions are wide and run once per row: compiling them costs more than it saves
  await run(`set local jit = off; set local work_mem = '128MB'; set local maintenance_work_mem = '256MB'`)
  report.progress({ task: 'media', done: 0, total: rows })
  await run(createTitles(options, size, untidy))
  for (const [table] of columns)
    await run(`create temp table dirty_${table} (like atp.${table}, n integer, nth integer, dirt integer)`)
  const fill = async (table: keyof ReturnType<typeof columnsAt>, made: (which: string) => string) => {
    const into = columnsAt(version)[table].join(', ')
    const clean = await run(`insert into atp.${table} (${into}) select ${into} from (${made('dirt is null')}) made`)
    if (untidy.length === 0) return clean
    const all = `${into}, n, nth, dirt`
    return (
      clean + (await run(`insert into dirty_${table} (${all}) select ${all} from (${made('dirt is not null')}) made`))
    )
  }

  let done = await run(unidentifiedMedia(seed, size.unidentified))
  const [most] = await sql.unsafe('select max(media_rows) as rows from pg_temp.title')
  for (let nth = 1; nth <= (most?.rows ?? 0); nth++) {
    report.progress({ task: 'media', done, total: rows })
    done += await fill('media', (which) => mediaOfTitles(options, nth, which))
  }
  report.progress({ task: 'media', done, total: rows })
  await fill('training', (which) => trainingOfTitles(options, which))
  await fill('prediction', predictionOfTitles)

  if (untidy.length > 0) await run(applyCases(untidy, { seed, taken: size.titles + size.trainingOnly }))
  for (const [table, into] of columns) {
    await run(`insert into atp.${table} (${into}) select ${into} from pg_temp.dirty_${table} order by n, nth`)
    await run(`drop table pg_temp.dirty_${table}`)
  }
  await run('drop table pg_temp.title')
}
