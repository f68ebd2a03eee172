import type { Scratch } from '../support/scratch.ts'
import { life } from './history.ts'
import type { Survivor } from './model.ts'
import { counter, type World } from './world.ts'

/** What both sides hold of the lists and counters, with the rows that they are of. */
export async function survivors({ connection }: Scratch, { described }: World): Promise<Survivor[]> {
  const read = async (text: string) => [...(await connection.db.$client.unsafe(text))]
  const all: Survivor[] = []
  const overview = described ? 'overview' : 'null as overview'
  for (const row of await read(
    `select hash, original_path, target_path, uploader, original_link, ${overview} from atp.media`,
  )) {
    const own = { side: 'legacy', key: row.hash } as const
    const { uploader, original_link } = row
    all.push({ ...life('path', row.original_path), ...own, columns: { uploader, original_link } })
    if (/^f/.test(row.target_path)) all.push({ ...life('file', row.target_path), ...own })
    const described = life('overview', row.overview)
    if (described.birth === life('path', row.original_path).birth) all.push({ ...described, ...own })
  }
  for (const row of await read('select hash, original_path, uploader, original_link from atp.downloads')) {
    const { uploader, original_link } = row
    const own = { side: 'target', key: row.hash } as const
    all.push({ ...life('path', row.original_path), ...own, columns: { uploader, original_link } })
  }
  for (const row of await read(`select hash, target_path from atp.files where target_path like 'f%'`))
    all.push({ ...life('file', row.target_path), side: 'target', key: row.hash })
  for (const { imdb_id: key, overview } of await read(
    `select imdb_id, overview from atp.training where overview like 't%'`,
  ))
    all.push({ ...life('training', overview), side: 'legacy', key })
  for (const { imdb_id: key, overview } of await read(
    `select imdb_id, overview from atp.media_metadata where overview like 'o%'`,
  ))
    all.push({ ...life('only', overview), side: 'target', key })
  for (const [side, table] of [
    ['legacy', 'prediction'],
    ['target', 'media_metrics'],
  ] as const)
    for (const { imdb_id: key, birth, count } of await read(`select imdb_id, ${counter} from atp.${table}`))
      all.push({ kind: 'metrics', birth, side, key, value: Number(count) })
  return all
}
