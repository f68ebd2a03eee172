import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/** A time without a zone as one in UTC, and the other way round, whatever the zone of the session or of the database. */
export const asUtc = (time: SQLWrapper): SQL => sql`${time} at time zone 'UTC'`

/** Seconds from one time to another; null where one of them is without end. By way of an interval, far ones would overflow. */
export const secondsBetween = (from: SQLWrapper, to: SQLWrapper): SQL => sql`
  case when isfinite(${from}) and isfinite(${to})
    then extract(epoch from ${to})::numeric - extract(epoch from ${from})::numeric
  end`

/** The elements of an array as the eight bytes of each, one after the other. Nulls and further dimensions are the complement's. */
export const asBytes = (vector: SQLWrapper): SQL => sql`
  coalesce((
    select string_agg(float8send(element), '' order by place)
    from unnest(${vector}) with ordinality as each(element, place)), '')`

/**
 * The array of those bytes. No function of Postgres reads them as a number, so that they are taken apart: a bit for the sign,
 * eleven for the exponent, and the rest for the fraction; every step is exact.
 */
export const asVector = (bytes: SQLWrapper): SQL => sql`
  array(
    select case when word < 0 then -1 else 1 end * case exponent
        when 2047 then case fraction when 0 then 'Infinity' else 'NaN' end::float8
        when 0 then fraction * power(2::float8, -1074)
        else (1 + fraction / power(2::float8, 52)) * power(2::float8, exponent - 1023)
      end
    from generate_series(0, octet_length(${bytes}) / 8 - 1) as place
    cross join lateral (
      select ('x' || encode(substr(${bytes}, place * 8 + 1, 8), 'hex'))::bit(64)::bigint as word) as eight
    cross join lateral (
      select (word >> 52) & 2047 as exponent, (word & 4503599627370495)::float8 as fraction) as parts
    order by place)`
