/** What a table is filled with: SQL over `n`, the row's number, and `h`, 32 bytes drawn for it. */
export interface Fill {
  table: string
  /** A query for the numbers, as `n`. */
  numbers: string
  /** What a clean row has, by column. */
  clean: Record<string, string>
  /** Kinds of dirt: which columns of a clean row each replaces. */
  dirt: readonly Record<string, string>[]
}

/** The numbers from 1. */
export const upTo = (rows: number): string => `select n from generate_series(1, ${rows}) as n`

/** One byte of what was drawn. */
export const byte = (place: number): string => `get_byte(h, ${place})`

/** Of a list, the one that was drawn by a byte. */
export const oneOf = (place: number, values: readonly string[]): string =>
  `(array[${values.map((value) => `'${value}'`).join(', ')}])[1 + ${byte(place)} % ${values.length}]`

/** Random ids, the same for the same seed: of the row of a table that has the number. */
export const ids =
  (seed: number) =>
  (table: string, number: string): string =>
    `encode(substr(sha256(('${seed}:${table}:' || (${number}))::bytea), 1, 16), 'hex')::uuid`

/**
 * The statement that fills a table inside the server. From 1,000 rows on each kind of dirt occurs twice, in the first
 * rows. Values are read off sha256, the same on every server version.
 */
export function fill({ table, numbers, clean, dirt }: Fill, { share, seed }: { share: number; seed: number }): string {
  const each = share > 0 ? dirt.length * 2 : 0
  const value = (column: string) => {
    const arms = dirt.flatMap((kind, i) => (kind[column] === undefined ? [] : [`when ${i + 1} then ${kind[column]}`]))
    return arms.length ? `case kind ${arms.join(' ')} else ${clean[column]} end` : clean[column]
  }
  const names = Object.keys(clean)
  return `
    insert into public.${table} (${names.join(', ')})
    select ${names.map(value).join(',\n      ')}
    from (
      select n, h, case
          when place <= ${each} and count(*) over () >= 100 then 1 + (place - 1) % ${Math.max(1, dirt.length)}
          when (get_byte(h, 30) * 256 + get_byte(h, 31)) / 65536.0 < ${share} then 1 + get_byte(h, 29) % ${Math.max(1, dirt.length)}
          else 0
        end as kind
      from (
        select n, row_number() over (order by n) as place, sha256(('${seed}:draw ${table}:' || n)::bytea) as h
        from (${numbers}) as numbers) as drawn) as rows`
}
