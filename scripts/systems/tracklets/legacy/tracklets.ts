import { byte, type Fill, ids, upTo } from '../../fill.ts'

/** A share of one, of as many digits as the new column has. */
const share = (place: number) => `round((${byte(place)} * 256 + ${byte(place + 1)}) / 65535.0, 4)::float8`

const begins = `timestamp '2025-01-01 08:00:00.000001' + (${byte(10)} * 65536 + ${byte(11)} * 256 + ${byte(12)}) * interval '1 second'`

const vector = (elements: string) => ({ outfit_vec: `'${elements}'::float8[]` })

/** So many tracklets, four a video, and every second one associated with the next. */
export function fillsOf(rows: number, seed: number): Fill[] {
  const id = ids(seed)
  const of = (column: string, video = `1 + (rows.n - 1) % ${Math.max(1, Math.ceil(rows / 4))}`) =>
    `(select v.${column} from numbered as v where v.n = ${video})`
  return [
    {
      table: 'tracklets',
      numbers: upTo(rows),
      clean: {
        id: id('a tracklet', 'n'),
        mall_id: of('mall_id'),
        pin_id: of('pin_id'),
        video_id: of('video_id'),
        track_id: 'n',
        t_in: begins,
        t_out: `${begins} + ${byte(13)} * interval '40.25 milliseconds'`,
        outfit_vec: `array[${share(1)}, -1 / (1 + ${byte(3)})::float8, ${byte(4)} * 1e-9]`,
        outfit_json: `jsonb_build_object('top', ${byte(5)} % 7, 'scale', 1.0)`,
        physique: `'{"height": "tall"}'::jsonb`,
        box_stats: `jsonb_build_array(${byte(6)}, ${byte(7)})`,
        quality: share(8),
      },
      dirt: [
        // set aside: an end before the beginning, no share of one, no number of a way
        { t_in: `timestamp '2025-01-01 10:00'`, t_out: `timestamp '2025-01-01 09:59:59.999999'` },
        { t_in: `timestamp 'infinity'` },
        { quality: '1.5' },
        { quality: '-0.5' },
        { quality: `'NaN'` },
        { quality: `'-Infinity'` },
        { quality: '1e300' },
        { track_id: '-1' },
        // to the last digit, of which the new column has four
        { quality: '0.1::float8 + 0.2::float8' },
        { quality: `'5e-324'` },
        { quality: `'-0'` },
        { quality: '1.00001' },
        // nothing, all that a number can be, and what no sequence of bytes says
        vector('{}'),
        vector('{NaN,Infinity,-Infinity,-0,5e-324,-5e-324,2.2250738585072014e-308,1.7976931348623157e308}'),
        vector('{0.1,null,0.3}'),
        vector('{{1,2},{3,4}}'),
        vector('[5:6]={1,2}'),
        { outfit_vec: 'array(select sqrt(i) from generate_series(1, 512) as i)' },
        // times that no calendar has, far away, and of microseconds
        { t_out: `timestamp 'infinity'` },
        { t_in: `timestamp '-infinity'` },
        { t_in: `timestamp '4713-01-01 00:00:00 BC'`, t_out: `timestamp '294276-12-31 23:59:59.999999'` },
        { t_in: `timestamp '2025-06-01 10:00'`, t_out: `timestamp '2025-06-01 10:00'` },
        // an hour that a zone with summer time has not, and one that it has twice
        { t_in: `timestamp '2025-03-09 02:30'`, t_out: `timestamp '2025-11-02 01:30'` },
        // a mall that is not the pin's, and one way twice: nothing says that it is there once
        { mall_id: `(select id from public.malls order by id desc limit 1)` },
        { track_id: '1', mall_id: of('mall_id', '1'), pin_id: of('pin_id', '1'), video_id: of('video_id', '1') },
        { outfit_json: `'null'`, physique: `'[]'`, box_stats: `'{"scale": 1.00}'` },
      ],
    },
    {
      table: 'associations',
      numbers: upTo(Math.floor(rows / 2)),
      clean: {
        id: id('an association', 'n'),
        mall_id: of('mall_id'),
        from_tracklet_id: id('a tracklet', 'n * 2 - 1'),
        to_tracklet_id: id('a tracklet', 'n * 2'),
        score: share(1),
        decision: `(array['matched', 'rejected', 'uncertain'])[1 + ${byte(3)} % 3]`,
        scores: `jsonb_build_object('outfit', ${byte(4)})`,
        components: `'{}'::jsonb`,
        candidate_count: byte(5),
        created_at: begins,
      },
      dirt: [
        // with itself, and the same two twice
        { to_tracklet_id: id('a tracklet', 'n * 2 - 1') },
        { from_tracklet_id: id('a tracklet', '1'), to_tracklet_id: id('a tracklet', '2') },
        { score: `'NaN'`, candidate_count: '-1' },
        { score: '0.1::float8 + 0.2::float8', decision: `''` },
        { created_at: `timestamp 'infinity'` },
      ],
    },
  ]
}
