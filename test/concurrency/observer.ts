import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { World } from './world.ts'

/** In one snapshot: rows of which the sides do not say the same, though nothing of the ledger explains it. */
const apart = (described: boolean) => `
  select 'downloads' as "table", m.hash as key, m.original_path as legacy, d.original_path as target
  from atp.media as m
  left join atp.downloads as d using (hash)
  where d.original_path is distinct from m.original_path or d.uploader is distinct from m.uploader
  union all
  select 'downloads', d.hash, null, d.original_path
  from atp.downloads as d
  where not exists (select from atp.media as m where m.hash = d.hash)
    and not exists (select from sluice.target_complement as c where c.relation = 'downloads' and c.key = d.hash and c.kind = 'whole')
  union all
  select 'files', m.hash, m.target_path, f.target_path
  from atp.media as m
  join atp.files as f using (hash)
  where f.target_path is distinct from m.target_path
  union all
  select 'media_metrics', p.imdb_id, p.probability::text, t.probability::text
  from atp.prediction as p
  join atp.media_metrics as t using (imdb_id)
  where t.probability is distinct from p.probability
  ${
    described
      ? `union all
  select 'media_metadata', t.imdb_id, m.overview, t.overview
  from (select distinct on (imdb_id) imdb_id, overview from atp.media order by imdb_id, created_at desc, hash) as m
  join atp.media_metadata as t using (imdb_id)
  where t.overview is distinct from m.overview
    and t.imdb_id ~ '[02468]$'`
      : ''
  }
  limit 3`

/**
 * Looks at both sides in one snapshot again and again, while the writers are at work: once the copy is done, whatever is
 * committed is on both.
 * @returns how often it looked
 */
export async function observe(world: World): Promise<number> {
  const sql = postgres(world.url, { max: 1, onnotice: () => {}, connection: { application_name: 'observer' } })
  let looks = 0
  while (!world.over) {
    const { epoch, settled } = world
    if (settled) {
      const rows = await sql.unsafe(apart(world.described)).catch((error) => {
        // a writer that truncates two tables, and this reader, may wait for each other
        if (error.code !== '40P01') throw error
      })
      if (rows && epoch === world.epoch) {
        looks++
        const words = `the sides differ in a snapshot: ${JSON.stringify(rows)}`
        if (rows.length && !world.wrong.includes(words)) world.wrong.push(words)
      }
    }
    await sleep(settled ? 100 : 20)
  }
  await sql.end({ timeout: 1 })
  return looks
}
