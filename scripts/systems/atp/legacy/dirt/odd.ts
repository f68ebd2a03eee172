import type { Case } from './case.ts'

const arrays = (name: string, genre: string, companies: string, countries: string): Case => {
  const set = `genre = ${genre}, production_companies = ${companies}, spoken_languages = ${countries}`
  return { name, training: true, rows: 2, media: { set, where: 'nth = 1' }, inTraining: { set } }
}

const moment = (name: string, value: string): Case => ({
  name: `created_at ${name}`,
  training: true,
  media: { set: `created_at = ${value}, updated_at = greatest(updated_at, ${value})` },
  inTraining: { set: `created_at = ${value}, updated_at = greatest(updated_at, ${value})` },
})

/** A text that has to survive every quoting there is. */
const nasty = String.raw`E'\\N "quoted", it''s {NULL}; \\\\ $$ %s \' -- \r\n\tnext — 🎬 \u00a0end\\'`

/** Values that compare equal while their text differs, or that few programs handle. */
export const odd: Case[] = [
  {
    name: 'char padding',
    training: true,
    prediction: true,
    media: { set: `original_language = 'e', origin_country = '{u,US,""}'` },
    inTraining: { set: `original_language = 'e', origin_country = '{u,US,""}'` },
    inPrediction: { set: `cm_value = 't'` },
  },
  {
    name: 'numeric scale',
    prediction: true,
    inPrediction: { set: 'probability = (array[1.000, 0.70, 0.7, 0.700, 1, 0.0, 0, 1.0])[1 + n % 8]' },
  },
  {
    name: 'empty array',
    training: true,
    rows: 2,
    media: {
      set: `genre = case when nth = 1 then '{}'::varchar[] end, spoken_languages = case when nth = 2 then '{}'::bpchar[] end`,
    },
    inTraining: { set: `genre = null, spoken_languages = '{}', production_companies = '{}'` },
  },
  arrays('array bounds', `'[2:3]={Drama,War}'`, `'[0:0]={Zero}'`, `'[-1:0]={en,fr}'`),
  arrays('array of nulls', `'{NULL,Drama}'`, `'{NULL,"NULL","",null}'`, `'{NULL}'`),
  arrays('two dimensions', `'{{Drama,War},{Crime,Music}}'`, `'[2:2][3:4]={{a,b}}'`, `'{{en},{fr}}'`),
  moment('infinity', `timestamptz 'infinity'`),
  moment('-infinity', `timestamptz '-infinity'`),
  moment('before Christ', `timestamptz '0044-03-15 12:00:00.000001+00 BC'`),
  moment('in the year 294000', `timestamptz '294000-01-01 00:00:00.999999+00'`),
  {
    name: 'long text',
    training: true,
    media: {
      set: `overview = repeat(overview || E'\\n', 300), original_link = original_link || repeat('&tr=udp://tracker.example:80', 300),
        error_status = true, error_condition = repeat('at step ' || n || E'\\n', 5000)`,
    },
    inTraining: { set: `overview = repeat(overview || E'\\n', 300)` },
  },
  {
    name: 'odd text',
    training: true,
    media: {
      set: `media_title = 'NULL', tagline = '{}', overview = ${nasty}, original_title = ${nasty}, original_path = E'\\\\',
        error_status = true, error_condition = ${nasty}, uploader = E'\\t', parent_path = '/a "b"/\\c', target_path = '{}',
        production_companies = array['NULL', 'null', '{}', 'a,b', 'a"b', E'a\\\\b', ' ', '', E'\\n', null]`,
    },
    inTraining: { set: `media_title = 'NULL', tagline = '{}', overview = ${nasty}` },
  },
  {
    name: 'empty text',
    training: true,
    media: {
      set: `media_title = '', original_media_title = '', tagline = '', overview = '', uploader = '', original_title = '',
        original_path = '', original_link = '', parent_path = '', target_path = '', resolution = '', production_status = ''`,
    },
    inTraining: { set: `media_title = '', tagline = '', overview = ''` },
  },
]
