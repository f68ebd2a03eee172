import { byte, type Fill, ids, oneOf, upTo } from '../../fill.ts'
import { odd } from './json.ts'

const moment = `timestamptz '2024-01-01 00:00:00+00' + ${byte(5)} * interval '1 day'`

/** Sources with their collections and mappings: a hundred each, however many assets there are. */
export function sources(seed: number): Fill[] {
  const id = ids(seed)
  const stamps = { created_at: moment, updated_at: `${moment} + ${byte(6)} * interval '1 hour'` }
  return [
    {
      table: 'sources',
      numbers: upTo(100),
      clean: {
        id: id('sources', 'n'),
        external_id: `'source-' || n`,
        name: `'Server ' || n`,
        kind: oneOf(1, ['plex', 'filesystem']),
        config: `('{"url": "http://server' || n || ':32400", "token": "secret ' || n || '"}')::json`,
        ...stamps,
      },
      dirt: [
        ...odd('config'),
        // no list of kinds is enforced
        { kind: `'Plex'` },
        { kind: `''` },
        { external_id: `rpad('source ' || n, 255, '✓')` },
        { updated_at: `timestamptz '-infinity'` },
      ],
    },
    {
      table: 'source_collections',
      numbers: upTo(300),
      clean: {
        id: id('source_collections', 'n'),
        source_id: id('sources', '1 + (n - 1) % 100'),
        external_id: `((n - 1) / 100)::text`,
        name: `'Library ' || n`,
        enabled: `${byte(2)} % 2 > 0`,
        config: `case when ${byte(3)} % 2 > 0 then '{"depth": 3}'::json end`,
        ...stamps,
      },
      dirt: [...odd('config'), { name: `((n - 1) / 100)::text` }],
    },
    {
      table: 'path_mappings',
      numbers: upTo(600),
      clean: {
        id: id('path_mappings', 'n'),
        collection_id: id('source_collections', '1 + (n - 1) % 300'),
        plex_path: `'/data/' || n`,
        local_path: `'/mnt/' || n`,
        created_at: moment,
      },
      dirt: [
        // nothing says that a mapping is there once
        { plex_path: `'/data'`, local_path: `'/mnt'` },
        { plex_path: `rpad('/data/' || n, 500, '天')`, local_path: `''` },
      ],
    },
  ]
}
