import { byte, type Fill, ids, oneOf, upTo } from '../../fill.ts'
import { odd } from './json.ts'

/** Markers and reviews of a database of so many assets. */
export function quality(rows: number, seed: number): Fill[] {
  const id = ids(seed)
  return [
    {
      table: 'markers',
      numbers: upTo(Math.ceil(rows / 2)),
      clean: {
        id: id('markers', 'n'),
        asset_id: id('assets', `1 + (n - 1) * 2 % ${rows}`),
        kind: `${oneOf(1, ['CHAPTER', 'AVAIL', 'BUMPER', 'INTRO', 'OUTRO'])}::public.markerkind`,
        start_ms: `${byte(2)} * 1000`,
        end_ms: `${byte(2)} * 1000 + 1 + ${byte(3)} * 100`,
        payload: `case when ${byte(4)} % 2 > 0 then ('{"title": "Chapter ' || n || '"}')::json end`,
      },
      dirt: [
        ...odd('payload'),
        // set aside: no end after the start
        { start_ms: '5000', end_ms: '4999' },
        { start_ms: '5000', end_ms: '5000' },
        { start_ms: '-2147483648', end_ms: '2147483647' },
      ],
    },
    {
      table: 'review_queue',
      numbers: upTo(Math.ceil(rows / 5)),
      clean: {
        id: id('review_queue', 'n'),
        asset_id: id('assets', `1 + (n - 1) * 5 % ${rows}`),
        reason: `'score ' || ${byte(1)}`,
        confidence: `${byte(1)} / 255.0`,
        status: `(case when ${byte(2)} % 3 = 0 then 'RESOLVED' else 'PENDING' end)::public.reviewstatus`,
        created_at: `timestamptz '2024-06-01 00:00:00+00' + ${byte(3)} * interval '1 hour'`,
        resolved_at: `case when ${byte(2)} % 3 = 0 then timestamptz '2024-07-01 00:00:00+00' end`,
      },
      dirt: [
        // set aside: no share of one
        { confidence: '1.5' },
        { confidence: '-0.0001' },
        { confidence: `'NaN'` },
        { confidence: `'-Infinity'` },
        // to the last digit
        { confidence: '0.1::float8 + 0.2::float8' },
        { confidence: `'5e-324'` },
        { confidence: `'-0'` },
        // resolved without saying when, and the other way round
        { status: `'RESOLVED'`, resolved_at: 'null' },
        { status: `'PENDING'`, resolved_at: `timestamptz 'infinity'`, reason: `''` },
      ],
    },
  ]
}
