import type { Options } from '../../generator.ts'

/** One kind of dirt: what it makes of a clean row's columns, as SQL over `n`, `name`, `made`. */
type Dirt = Partial<Record<'name' | 'description' | 'created_at' | 'updated_at', string>>

/** Each with what becomes of it. */
const dirt: readonly Dirt[] = [
  // several rows of one name, of which one can be a survey: the others are set aside
  { name: `'Duplicate ' || n % 9` },
  // a survey must have a name: set aside
  { name: 'null' },
  // the other time takes its place, and the complement knows that there was none
  { created_at: 'null' },
  { updated_at: 'null' },
  // no time at all: set aside
  { created_at: 'null', updated_at: 'null' },
  // carried as they are, to the byte
  { created_at: `'-infinity'`, updated_at: `'infinity'` },
  { created_at: `'0044-03-15 12:00:00.000001+00 BC'`, updated_at: `'29400-01-01 00:00:00+00'` },
  { description: `''` },
  { name: `rpad(n || 'äß✓', 100, '天')`, description: `E'quotes " and \\' and \\\\ and\\nlines\\ttabs'` },
  { description: `repeat(name || ' ', 4000)` },
  // not the same name: blanks and case count
  { name: `' survey of ' || n % 7 || ' '` },
]

const column = (name: keyof Dirt, clean: string): string =>
  `case kind ${dirt.map((each, i) => (each[name] ? `when ${i + 1} then ${each[name]}` : '')).join(' ')} else ${clean} end`

const words = `array['Deep', 'Wide', 'Fast', 'Dark', 'Northern', 'Southern', 'Transient', 'Legacy']`

/** SQL that fills the placeholder inside the server. Values are read off sha256, the same on every server version. */
export function rowsOf({ rows, dirt: share, seed }: Options): string {
  const each = share > 0 && rows >= 1000 ? dirt.length * 2 : 0
  return `
    insert into public.example_models (id, name, description, created_at, updated_at)
    select encode(substr(h, 1, 16), 'hex')::uuid,
      ${column('name', 'name')},
      ${column('description', `case when get_byte(h, 17) % 5 > 0 then name || ', from ' || (1990 + get_byte(h, 18) % 35) || ' on' end`)},
      ${column('created_at', 'made')}::timestamptz,
      ${column('updated_at', `made + get_byte(h, 19) * interval '1 hour'`)}::timestamptz
    from (
      select n, h,
        (${words})[1 + get_byte(h, 20) % 8] || ' ' || (${words})[1 + get_byte(h, 21) % 8] || ' Survey ' || n as name,
        timestamptz '2024-01-01 00:00:00.000001+00' + (get_byte(h, 22) * 65536 + get_byte(h, 23) * 256 + get_byte(h, 24)) * interval '1 second' as made,
        case
          when n <= ${each} then 1 + (n - 1) % ${dirt.length}
          when (get_byte(h, 25) * 256 + get_byte(h, 26)) / 65536.0 < ${share} then 1 + get_byte(h, 27) % ${dirt.length}
          else 0
        end as kind
      from (
        select n, sha256(('${seed}:example:' || n)::bytea) as h
        from generate_series(1, ${rows}) as n) as drawn) as clean`
}
