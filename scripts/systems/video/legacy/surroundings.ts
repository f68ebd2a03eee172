import type { Options } from '../../generator.ts'

const key = (seed: number, what: string, n: string) =>
  `encode(substr(sha256(('${seed}:${what}:' || ${n})::bytea), 1, 16), 'hex')::uuid`

/** SQL that fills the nine other tables, before and after `videos`. */
export function surroundings({ rows, dirt, seed }: Options, videos: string): string {
  const malls = Math.max(2, Math.ceil(rows / 5000))
  const pins = Math.max(4, Math.ceil(rows / 100))
  const visitors = Math.max(2, Math.ceil(rows / 10))
  const id = (what: string, n = 'n') => key(seed, what, n)
  const made = `timestamp '2024-06-01 12:00:00' + n * interval '1 minute'`
  return `
    insert into public.malls (id, name, geojson_map, created_at, updated_at)
    select ${id('mall')}, 'Mall ' || n,
      case when n % 3 > 0 then '{"type": "FeatureCollection", "features": []}'::jsonb end, ${made}, ${made}
    from generate_series(1, ${malls}) as n;

    insert into public.visitor_profiles (id, outfit_hash, detection_date, outfit, first_seen, last_seen)
    select ${id('visitor')}, encode(sha256((n % 1000)::text::bytea), 'hex'), date '2025-01-01' + n % 300,
      jsonb_build_object('top', n % 7, 'scale', 1.0), ${made}, ${made} + interval '1 hour'
    from generate_series(1, ${visitors}) as n;

    insert into public.tenants (id, mall_id, name, contact_email, status, created_at)
    select ${id('tenant')}, ${id('mall', `1 + n % ${malls}`)}, 'Tenant ' || n, case when n % 4 > 0 then 'tenant' || n || '@example.org' end,
      case n % 9 when 0 then 'suspended' when 1 then 'inactive' else 'active' end, ${made}
    from generate_series(1, ${malls * 3}) as n;

    insert into public.stores (id, mall_id, name, category, polygon, tenant_id, created_at)
    select ${id('store')}, ${id('mall', `1 + n % ${malls}`)}, 'Store ' || n, case when n % 2 = 0 then 'fashion' end, null,
      case when n % 5 > 0 then ${id('tenant', `1 + n % ${malls * 3}`)} end, ${made}
    from generate_series(1, ${malls * 5}) as n;

    insert into public.users (id, email, username, password_hash, role, is_active, mall_id, tenant_id, created_at, last_login)
    select ${id('user')}, 'user' || n || '@example.org', 'user' || n, repeat('x', 60),
      (array['MALL_OPERATOR', 'TENANT_MANAGER', 'TENANT_VIEWER'])[1 + n % 3]::public.userrole, n % 10 > 0,
      case when n % 4 > 0 then ${id('mall', `1 + n % ${malls}`)} end, null, ${made}, null
    from generate_series(1, ${malls * 4}) as n;

    -- names are unique for the application alone, and neighbours may be gone
    insert into public.camera_pins (id, mall_id, name, label, location_lat, location_lng, pin_type, adjacent_to, transit_times,
      store_id, camera_fps, camera_note, created_at, updated_at)
    select ${id('pin')}, ${id('mall', `1 + n % ${malls}`)}, 'pin ' || ${dirt > 0 ? 'n % 97' : 'n'}, 'Camera ' || n, n % 90, n % 180,
      case n % 5 when 0 then 'entrance' else 'normal' end,
      case n % 6 when 0 then null when 1 then '{}' else array[${id('pin', 'n + 1')}] end, null,
      case when n % 3 = 0 then ${id('store', `1 + n % ${malls * 5}`)} end, 15, case when n % 7 = 0 then '' end, ${made}, ${made}
    from generate_series(1, ${pins}) as n;

    insert into public.journeys (id, visitor_id, mall_id, journey_date, entry_time, exit_time, total_duration_minutes, confidence,
      path, entry_point, exit_point, created_at)
    select ${id('journey')}, ${id('visitor')}, ${id('mall', `1 + n % ${malls}`)}, date '2025-01-01' + n % 300, ${made},
      case when n % 4 > 0 then ${made} + interval '1 hour' end, 60, 0.1 * (n % 10), '[]', ${id('pin', `1 + n % ${pins}`)},
      case when n % 4 > 0 then ${id('pin', `1 + (n + 1) % ${pins}`)} end, ${made}
    from generate_series(1, ${visitors}) as n;

    create temp table drawn_pins on commit drop as
    select n as place, ${id('pin')} as id
    from generate_series(1, ${pins}) as n;
    analyze drawn_pins;
    ${videos}
    create temp table drawn_videos on commit drop as
    select row_number() over (order by id) as n, id, camera_pin_id
    from public.videos
    order by id
    limit ${Math.ceil(rows / 4)};

    insert into public.tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, outfit_vec, outfit_json, physique, box_stats, quality)
    select ${id('tracklet', 'v.n')}, p.mall_id, p.id, v.id, v.n, timestamp '2025-01-01 10:00', timestamp '2025-01-01 10:01',
      array[0.1, 0.2, 'NaN'::float8], '{}', '{}', '{}', 0.5
    from drawn_videos as v
    join public.camera_pins as p on p.id = v.camera_pin_id;

    insert into public.associations (id, mall_id, from_tracklet_id, to_tracklet_id, score, decision, scores, components, candidate_count, created_at)
    select ${id('association', 'v.n')}, p.mall_id, ${id('tracklet', 'v.n')}, ${id('tracklet', 'v.n + 1')}, 0.7, 'matched', '{}', '{}', 3,
      timestamp '2025-01-02 10:00'
    from drawn_videos as v
    join public.camera_pins as p on p.id = v.camera_pin_id
    where v.n % 3 = 0
      and v.n < (select max(n) from drawn_videos);`
}
