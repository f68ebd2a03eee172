import { byte, type Fill, ids, oneOf } from '../../fill.ts'
import { odd } from './json.ts'

const provider = `${oneOf(1, ['PLEX', 'JELLYFIN', 'FILESYSTEM', 'MANUAL'])}::public.provider`

/** What other systems call the titles, episodes and assets that there are. */
export function providers(rows: number, seed: number): Fill[] {
  const id = ids(seed)
  const refs = (entity: 'TITLE' | 'EPISODE' | 'ASSET', table: string, numbers: string): Fill => {
    const own = `${entity.toLowerCase()}_id`
    const none = { title_id: 'null::uuid', episode_id: 'null::uuid', asset_id: 'null::uuid' }
    const another = own === 'asset_id' ? 'title_id' : 'asset_id'
    const anothers = own === 'asset_id' ? id('titles', '1') : id('assets', '1')
    return {
      table: 'provider_refs',
      numbers,
      clean: {
        id: id(`${table} refs`, 'n'),
        entity_type: `'${entity}'::public.entitytype`,
        entity_id: id(table, 'n'),
        provider,
        provider_key: `n::text`,
        raw: `case when ${byte(2)} % 4 > 0 then ('{"kind": "${entity.toLowerCase()}", "index": ' || n || ', "title": "Title ' || n || '", "parentIndex": 10}')::json end`,
        ...none,
        [own]: id(table, 'n'),
      },
      dirt: [
        ...odd('raw'),
        // set aside: no reference, two, one to something else than the entity, an entity that is nowhere, another type
        { [own]: 'null::uuid' },
        { [another]: anothers },
        { entity_id: id('nowhere', 'n') },
        { entity_id: id(table, '1'), provider_key: `'other ' || n` },
        { entity_type: `'${entity === 'TITLE' ? 'ASSET' : 'TITLE'}'::public.entitytype` },
        // a second run of an import: nothing says that a name is there once
        { provider: `'PLEX'::public.provider`, provider_key: `'again'` },
        { provider: `'PLEX'::public.provider`, provider_key: `'again'` },
        { provider_key: `n || ' ✓''"'` },
      ],
    }
  }
  const all = `select n from generate_series(1, ${rows}) as n`
  return [
    refs('TITLE', 'titles', `${all} where n <= ${Math.ceil(rows / 10)}`),
    refs('EPISODE', 'episodes', `${all} where n % 3 = 1 and ((1 + (n - 1) / 10) % 3 > 0 or (n - 1) % 10 = 0)`),
    refs('ASSET', 'assets', `${all} where n % 5 > 1`),
  ]
}
