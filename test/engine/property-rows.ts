import fc from 'fast-check'

/** Rows by table, each value in the text form that the server prints and reads. */
export type Row = Record<string, string | null>
export type Legacy = Record<'media' | 'training' | 'prediction', Row[]>

type Text = fc.Arbitrary<string>
type Column = fc.Arbitrary<string | null>

const maybe = (arbitrary: Text): Column => fc.option(arbitrary, { freq: 2 })

/** Pieces that break what quotes, splits, cuts, folds or counts bytes for characters. */
const pieces = [
  ...`ab'"\\{},()[] \n\r\t\u0001%$;:|~^*-_\u00a0\u200b\ufeff\u2028`,
  'é',
  'e\u0301',
  'ß',
  'İ',
  'ﷺ',
  '😀',
  '👩‍👩‍👧',
  '𝔘',
  '\\N',
  'NULL',
  'null',
  "'';--",
  '$$',
  '%s',
  '{}',
]

/** Text of at most `length` characters, as the server counts them. */
const text = (length: number): Text =>
  fc
    .array(fc.constantFrom(...pieces), { maxLength: Math.min(length, 12) })
    .map((parts) => [...parts.join('')].slice(0, length).join(''))

const long: Text = fc.integer({ min: 2000, max: 9000 }).map((length) => 'ab\u0301😀'.repeat(length))
const free: Text = fc.oneof({ weight: 6, arbitrary: text(40) }, { weight: 1, arbitrary: long })

const whole = (min: number, max: number): Text =>
  fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max)).map(String)

const bigWhole: Text = fc.constantFrom('0', '1', '9223372036854775807', '2147483648')

/** A decimal of at most so many places, with trailing zeros as they come. */
const decimal = (max: number, places: number): Text =>
  fc
    .tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max: 10 ** places - 1 }))
    .map(([units, rest]) => (units === max ? `${max}` : `${units}.${String(rest).padStart(places, '0')}`))

/** What numeric without precision can hold. Infinity came with PostgreSQL 14. */
const numeric: Text = fc.constantFrom(
  '0',
  '1',
  '0.5',
  '0.50',
  '0.500000000000000000000000000000000000001',
  '1.0',
  '1.00',
  '-0.1',
  '1.5',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e-300',
  `${'9'.repeat(300)}.${'0'.repeat(40)}`,
)

const moment: Text = fc.constantFrom(
  '2020-01-01 00:00:00+00',
  '2020-01-01 00:00:00.000001+00',
  '2021-06-15 12:34:56.789012+00',
  '0001-01-01 00:00:00+00',
  '4713-01-01 00:00:00+00 BC',
  '294276-12-31 23:59:59.999999+00',
  'infinity',
  '-infinity',
)

/** An element of an array literal, quoted. */
const quoted = (element: string) => `"${element.replace(/["\\]/g, '\\$&')}"`

/** Arrays: empty, with null elements, with bounds of their own, of two dimensions. */
const array = (element: Text): Text => {
  const elements = fc.array(fc.option(element.map(quoted), { nil: 'NULL' }), { maxLength: 3 })
  const shift = fc.constantFrom(-3, 0, 2, 5)
  return fc.oneof(
    elements.map((all) => `{${all}}`),
    fc.tuple(elements, shift).map(([all, from]) => (all.length ? `[${from}:${from + all.length - 1}]={${all}}` : '{}')),
    fc.tuple(elements, elements).map(([a, b]) => {
      const width = Math.min(a.length, b.length)
      return width ? `{{${a.slice(0, width)}},{${b.slice(0, width)}}}` : '{}'
    }),
  )
}

const pair: Text = text(2)
const boolean: Text = fc.constantFrom('t', 'f')
const mediaType = (version: number): Text =>
  fc.constantFrom('movie', 'tv_show', 'tv_season', 'unknown', ...(version >= 25 ? ['tv_episode_pack'] : []))

/** A tiny pool, so that rows share titles and claim each other's values. */
const imdbId: Text = fc.constantFrom('tt0000001', 'tt0000002', 'tt0000003', 'tt00000040')
const tmdbId: Text = fc.constantFrom('1', '2', '3')
const hash: Text = fc.constantFrom(...'0123456789abcdef').map((digit) => digit.repeat(40))

/** What describes a title, in media until V27 and in training. */
const metadata = (): Record<string, Column> => ({
  budget: maybe(bigWhole),
  revenue: maybe(bigWhole),
  runtime: maybe(whole(0, 2147483647)),
  origin_country: maybe(array(pair)),
  production_companies: maybe(array(text(255))),
  production_countries: maybe(array(pair)),
  production_status: maybe(text(25)),
  original_language: maybe(pair),
  spoken_languages: maybe(array(pair)),
  genre: maybe(array(text(20))),
  original_media_title: maybe(text(255)),
  tagline: maybe(text(255)),
  overview: maybe(free),
  tmdb_rating: maybe(decimal(10, 3)),
  tmdb_votes: maybe(whole(0, 2147483647)),
  rt_score: maybe(whole(0, 100)),
  metascore: maybe(whole(0, 100)),
  imdb_rating: maybe(decimal(100, 1)),
  imdb_votes: maybe(whole(0, 2147483647)),
})

const media = (version: number) =>
  fc.record<Row>({
    hash,
    media_type: mediaType(version),
    media_title: maybe(text(255)),
    season: maybe(fc.oneof(whole(-2147483648, 2147483647), whole(0, 9), whole(-32768, 32767))),
    episode: maybe(fc.oneof(fc.constantFrom('32767', '32768', '-32769'), whole(0, 9))),
    release_year: maybe(whole(1850, 2100)),
    pipeline_status: fc.constantFrom('ingested', 'rejected', 'complete'),
    error_status: boolean,
    error_condition: maybe(free),
    rejection_status: fc.constantFrom('unfiltered', 'rejected', 'override'),
    rejection_reason: maybe(free),
    parent_path: maybe(free),
    target_path: maybe(free),
    original_title: free,
    original_path: maybe(free),
    original_link: maybe(free),
    rss_source: maybe(fc.constantFrom('yts.mx', 'episodefeed.com')),
    uploader: maybe(text(25)),
    imdb_id: maybe(imdbId),
    tmdb_id: maybe(tmdbId),
    ...(version < 28 ? metadata() : {}),
    resolution: maybe(text(10)),
    video_codec: maybe(text(10)),
    upload_type: maybe(text(10)),
    audio_codec: maybe(text(10)),
    ...(version >= 24 ? { deleted_at: maybe(moment) } : {}),
    created_at: moment,
    updated_at: moment,
  })

const training = (version: number, bare: boolean) =>
  fc.record<Row>({
    imdb_id: bare ? fc.oneof(imdbId, fc.constantFrom('', 'tt1', 'TT0000001', ' tt000000', '\\N', 'x\'"')) : imdbId,
    tmdb_id: maybe(tmdbId),
    label: version >= 27 ? maybe(label) : label,
    human_labeled: boolean,
    anomalous: boolean,
    reviewed: maybe(boolean),
    media_type: mediaType(version),
    media_title: text(255),
    season: maybe(whole(-32768, 32767)),
    episode: maybe(whole(-32768, 32767)),
    release_year: whole(1850, 2100),
    ...metadata(),
    created_at: moment,
    updated_at: moment,
  })

const label: Text = fc.constantFrom('would_watch', 'would_not_watch')

const prediction = fc.record<Row>({
  imdb_id: imdbId,
  prediction: fc.constantFrom('0', '1'),
  probability: numeric,
  cm_value: pair,
  created_at: moment,
})

/** The first of the rows that share a value stays; null is no value. */
const uniqueBy = (rows: Row[], column: string): Row[] =>
  rows.filter((row, i) => row[column] === null || rows.findIndex((other) => other[column] === row[column]) === i)

/** Rows of the three tables that a legacy of this version accepts; `bare` lacks the nine constraints of training. */
export const legacyRows = (version: number, bare: boolean): fc.Arbitrary<Legacy> =>
  fc
    .record({
      media: fc.array(media(version), { maxLength: 7 }),
      training: fc.array(training(version, bare), { maxLength: 5 }),
      prediction: fc.array(prediction, { maxLength: 4 }),
    })
    .map((rows) => ({
      media: uniqueBy(rows.media, 'hash'),
      training: bare ? rows.training : uniqueBy(uniqueBy(rows.training, 'imdb_id'), 'tmdb_id'),
      prediction: uniqueBy(rows.prediction, 'imdb_id'),
    }))
