import type { Options } from '../../generator.ts'

type Column =
  | 'file_path'
  | 'original_filename'
  | 'file_size_bytes'
  | 'duration_seconds'
  | 'processed'
  | 'processing_status'
  | 'upload_timestamp'
  | 'created_at'

/** One kind of dirt: what it makes of a clean row's columns, as SQL over `n`, `made` and the clean columns. */
type Dirt = Partial<Record<Column, string>>

/** Each is carried to the byte; of those that the new columns cannot say, the complement says the rest. */
const dirt: readonly Dirt[] = [
  // the two that the design takes for one, and nothing reconciles
  { processed: 'true', processing_status: `'failed'` },
  { processed: 'false', processing_status: `'completed'` },
  { processed: 'true', processing_status: `'processing'` },
  // statuses are free texts
  { processing_status: `'COMPLETED'` },
  { processing_status: `'archived'`, processed: 'true' },
  { processing_status: `''` },
  // times that no calendar has, far away, and of microseconds
  { upload_timestamp: `'infinity'`, created_at: `'-infinity'` },
  { upload_timestamp: `'0044-03-15 12:00:00.000001 BC'`, created_at: `'29400-01-01 00:00:00'` },
  { upload_timestamp: `timestamp '2025-06-01 23:59:59.999999'` },
  // an hour that a zone with summer time has not, and one that it has twice
  { upload_timestamp: `'2025-03-09 02:30:00'`, created_at: `'2025-11-02 01:30:00'` },
  // uploaded before it was made
  { upload_timestamp: `made - interval '9 days'` },
  // texts at their limits
  { file_path: `rpad('s3://bucket/' || n || '/', 500, 'path')` },
  { original_filename: `rpad(n || ' äß✓ ', 255, '天')` },
  { file_path: `''`, original_filename: `''` },
  { original_filename: `E'quotes " and \\' and \\\\ and\\nlines\\ttabs'` },
  // the same file again and again
  { original_filename: `'cam.mp4'`, file_path: `'/data/cam.mp4'` },
  { file_size_bytes: '9223372036854775807', duration_seconds: '2147483647' },
  { file_size_bytes: '-1', duration_seconds: '-1' },
  { file_size_bytes: '0', duration_seconds: 'null' },
]

const column = (name: Column): string =>
  `case kind ${dirt.map((each, i) => (each[name] ? `when ${i + 1} then ${each[name]}` : '')).join(' ')} else ${name} end`

/** SQL that fills `videos` inside the server. Values are read off sha256, the same on every server version. */
export function videosOf({ rows, dirt: share, seed }: Options): string {
  const each = share > 0 && rows >= 1000 ? dirt.length * 2 : 0
  return `
    insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, duration_seconds, processed,
      processing_status, upload_timestamp, created_at)
    select id, camera_pin_id, ${column('file_path')}, ${column('original_filename')}, ${column('file_size_bytes')},
      ${column('duration_seconds')}, ${column('processed')}, ${column('processing_status')},
      (${column('upload_timestamp')})::timestamp, (${column('created_at')})::timestamp
    from (
      select n, kind, made, encode(substr(h, 1, 16), 'hex')::uuid as id,
        p.id as camera_pin_id,
        '/data/videos/' || to_char(made, 'YYYY/MM/DD') || '/cam' || p.place || '-' || n || '.mp4' as file_path,
        'cam' || p.place || '-' || n || '.mp4' as original_filename,
        1000000::bigint + get_byte(h, 17) * 65536 + get_byte(h, 18) * 256 as file_size_bytes,
        case when get_byte(h, 19) % 10 > 0 then 60 + get_byte(h, 20) * 7 end as duration_seconds,
        status = 'completed' as processed, status as processing_status,
        made + get_byte(h, 22) * interval '1 second' as upload_timestamp, made as created_at
      from (
        select n, h,
          timestamp '2025-01-01 00:00:00.000001' + (get_byte(h, 23) * 65536 + get_byte(h, 24) * 256 + get_byte(h, 25)) * interval '1 second' as made,
          (array['completed', 'completed', 'completed', 'pending', 'processing', 'failed'])[1 + get_byte(h, 21) % 6] as status,
          case
            when n <= ${each} then 1 + (n - 1) % ${dirt.length}
            when (get_byte(h, 26) * 256 + get_byte(h, 27)) / 65536.0 < ${share} then 1 + get_byte(h, 28) % ${dirt.length}
            else 0
          end as kind
        from (
          select n, sha256(('${seed}:video:' || n)::bytea) as h
          from generate_series(1, ${rows}) as n) as drawn) as rolled
      join drawn_pins as p on p.place = 1 + rolled.n % (select count(*) from drawn_pins)) as clean;`
}
