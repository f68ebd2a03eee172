import { and, type Column, or, type SQL, sql } from 'drizzle-orm'

/** Families after `after` up to and including `upTo` in key order; null is an open end. */
export interface Range {
  after: string | null
  upTo: string | null
  /** Only those of this wave of a copy (see waves.ts). */
  wave?: number
  /** Whether the ends are uuids, where they are placeholders. */
  uuids?: boolean
}

/**
 * The range that stands for all those of which the same SQL is written: its ends are the placeholders `after` and `upTo`.
 * None where the ends are whole numbers, by whose digits the SQL goes.
 */
export function patternOf(range: Range): Range | undefined {
  if (isForm(range, digits)) return undefined
  const end = (name: 'after' | 'upTo') => (range[name] === null ? null : (sql.placeholder(name) as unknown as string))
  const { wave } = range
  const ends = { after: end('after'), upTo: end('upTo'), uuids: isForm(range, uuidForm) }
  return wave === undefined ? ends : { ...ends, wave }
}

/**
 * A family is a text wherever the engine writes one down, and families are ordered as texts. A column of another type is
 * compared in its own type, so that its own index serves, but only where that gives the same answer:
 * - `text` and `bpchar` are texts themselves;
 * - a uuid's text has a fixed form, so that uuids and their texts have one order;
 * - whole numbers of one length have the order of their texts, so that a range is one interval for each length;
 * - anything else is compared by its text, which no index serves.
 */
type Comparable = 'text' | 'bpchar' | 'uuid' | 'integer' | 'other'

function comparable(column: Column): Comparable {
  // an expression of a table that was adapted to what is live, which is read as text
  if (!(column instanceof Object) || !('getSQLType' in column)) return 'text'
  const type = column.getSQLType()
  if (type.startsWith('char(')) return 'bpchar'
  if (type === 'text' || type.startsWith('varchar')) return 'text'
  if (type === 'uuid') return 'uuid'
  return /^(small|big)?(int|integer|serial)$/.test(type) ? 'integer' : 'other'
}

/** What has the order of a column's families: the column itself, whose index then serves, or its text. */
export const inOrder = (column: Column): SQL =>
  ['text', 'bpchar', 'uuid'].includes(comparable(column)) ? sql`${column}` : sql`${column}::text`

const digits = /^\d+$/
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a column lies in the range; undefined when the range has no end on either side. */
export function inRange(column: Column, range: Range): SQL | undefined {
  const { after, upTo } = range
  if (after === null && upTo === null) return undefined
  const kind = comparable(column)
  if (kind === 'text' || kind === 'bpchar') return between(column, range, (end) => sql`${end}::${sql.raw(kind)}`)
  if (kind === 'uuid' && (range.uuids ?? isForm(range, uuidForm)))
    return between(column, range, (end) => sql`${end}::uuid`)
  if (kind === 'integer' && isForm(range, digits)) return numbersIn(column, range)
  // an end that is another column's family
  return between(sql`${column}::text`, range, (end) => sql`${end}::text`)
}

const isForm = ({ after, upTo }: Range, form: RegExp): boolean =>
  [after, upTo].every((end) => end === null || form.test(end))

const between = (value: SQL | Column, { after, upTo }: Range, end: (text: string) => SQL): SQL | undefined =>
  and(
    after === null ? undefined : sql`${value} > ${end(after)}`,
    upTo === null ? undefined : sql`${value} <= ${end(upTo)}`,
  )

/** Of a bigint. */
const greatest = 2n ** 63n - 1n

const mostDigits: Record<string, number> = { smallint: 5, smallserial: 5, integer: 10, serial: 10 }

/** Whole numbers whose texts lie in the range: one interval for each length, and the negative ones by their text. */
function numbersIn(column: Column, range: Range): SQL | undefined {
  const lengths = Array.from({ length: mostDigits[column.getSQLType()] ?? 19 }, (_, i) => i + 1)
  const intervals = lengths.flatMap((length) => {
    const [least, most] = interval(length, range)
    return least <= most && least <= greatest ? [sql`${column} between ${literal(least)} and ${literal(most)}`] : []
  })
  const negative = and(
    sql`${column} < 0`,
    between(sql`${column}::text`, range, (end) => sql`${end}::text`),
  )
  return or(...intervals, negative)
}

/** The least and the greatest number of `length` digits whose text lies in the range. */
function interval(length: number, { after, upTo }: Range): [bigint, bigint] {
  const first = length === 1 ? 0n : 10n ** BigInt(length - 1)
  const last = 10n ** BigInt(length) - 1n
  const cut = (end: string) => BigInt(end.slice(0, length).padEnd(length, '0'))
  const least = after === null ? first : cut(after) + (length > after.length ? 0n : 1n)
  const most = upTo === null ? last : cut(upTo) - (length > upTo.length ? 1n : 0n)
  return [least > first ? least : first, most < last ? most : last]
}

const literal = (number: bigint): SQL => sql.raw(`${number < greatest ? number : greatest}`)

/** Whether a column is one of the families in the relation `from`, which has them as `family`. */
export function isIn(column: Column, from: SQL): SQL {
  const { value, type, form } = own(column)
  return sql`${value} = any (array(select family::${sql.raw(type)} from ${from}${form ? sql` where ${form}` : sql``}))`
}

/** Whether a column is one of the families in an array of text. */
export function isAmong(column: Column, families: SQL): SQL {
  const { value, type, form } = own(column)
  return form ? isIn(column, sql`unnest(${families}) as family`) : sql`${value} = any (${families}::${sql.raw(type)}[])`
}

/** What a family is cast to and compared with; one that has not the `form` of the column's values is none of them. */
function own(column: Column): { value: SQL | Column; type: string; form?: SQL } {
  const kind = comparable(column)
  if (kind === 'uuid') return { value: column, type: 'uuid', form: isUuid }
  if (kind === 'integer') return { value: column, type: 'bigint', form: fitsBigint }
  return kind === 'other' ? { value: sql`${column}::text`, type: 'text' } : { value: column, type: kind }
}

// an expression that counts what it repeats is worked out anew for each text: several times as slow as to ask for the length
const isUuid = sql`family like '________-____-____-____-____________' and length(replace(family, '-', '')) = 32
        and family !~ '[^0-9a-f-]'`

const fitsBigint = sql`case
        when family ~ '^(0|-?[1-9][0-9]*)$' and length(family) <= 20
          then family::numeric between -9223372036854775808 and 9223372036854775807
      end`
