import type { Connection } from '../../../database/connect.ts'
import type { Report } from '../../../report.ts'
import { fill } from '../../fill.ts'
import type { Options } from '../../generator.ts'
import { createLegacy as createVideos } from '../../video/legacy/index.ts'
import { fillsOf } from './tracklets.ts'

/**
 * Fills an empty database with the ten tables of the first revision, and the two that change with rows of their own: four
 * tracklets a video. Rows never travel. From 1,000 rows on, each kind of dirt occurs twice.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  connection: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  const { rows, dirt, seed } = options
  const { tables } = await createVideos(connection, { ...options, rows: Math.ceil(rows / 4) }, report)
  const counts = await connection.db.$client.begin(async (sql) => {
    await sql.unsafe(`
      set local jit = off;
      truncate public.associations, public.tracklets;
      create temp table numbered (n bigint primary key, mall_id uuid, pin_id uuid, video_id uuid) on commit drop;
      insert into numbered
      select row_number() over (order by v.id), p.mall_id, p.id, v.id
      from public.videos as v
      join public.camera_pins as p on p.id = v.camera_pin_id`)
    for (const each of fillsOf(rows, seed)) await sql.unsafe(fill(each, { share: dirt, seed }))
    await sql.unsafe('analyze public.tracklets; analyze public.associations')
    const [counted] = await sql.unsafe(`
      select (select count(*)::integer from public.tracklets) as tracklets,
        (select count(*)::integer from public.associations) as associations`)
    return counted as Record<string, number>
  })
  return { tables: { ...tables, ...counts } }
}
