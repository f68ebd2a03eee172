import type { Sql } from 'postgres'
import type { Draw } from './writes.ts'

/** Deadlock and serialization failure: an application would try again. */
export const isPassing = (error: unknown): boolean =>
  ['40P01', '40001'].includes((error as { code?: string }).code ?? '')

export interface Keys {
  hashes: readonly string[]
  imdbs: readonly string[]
}

/** Keys of one of some sessions, in the families that it alone writes: it waits for none of the others. */
export async function keysOf(
  sql: Sql,
  { session, sessions, most }: { session: number; sessions: number; most: number },
): Promise<Keys> {
  const keys = async (column: string, table: string, family: string) => {
    const rows = await sql.unsafe<{ key: string }[]>(`
      select ${column} as key
      from atp.${table}
      where abs(hashtext(${family}) % ${sessions}) = ${session}
      order by hashtextextended(${column}, 7)
      limit ${most}`)
    return rows.map(({ key }) => key)
  }
  return {
    hashes: await keys('hash', 'media', 'coalesce(imdb_id::text, hash::text)'),
    imdbs: await keys('imdb_id', 'training', 'imdb_id::text'),
  }
}

let drawn = 0

/** Draws from the keys that there are at the moment, one after another. */
export function drawFrom(keys: () => Keys): Draw {
  const places = { hashes: 0, imdbs: 0 }
  const next = (which: keyof Keys) => {
    const all = keys()[which]
    return all[places[which]++ % all.length] as string
  }
  return { hash: () => next('hashes'), imdb: () => next('imdbs'), fresh: () => ++drawn }
}
