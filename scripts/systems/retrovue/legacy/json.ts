import type { Fill } from '../../fill.ts'

/** Texts of json that are not what jsonb makes of them, or nothing that it takes, each with what it shows. */
export const oddJson: readonly string[] = [
  // keys in another order
  `'{"tmdb": 603, "imdb": "tt0133093", "a": null}'`,
  // a key twice
  `'{"a": 1, "a": 2, "b": {"c": 3, "c": 4}}'`,
  // blanks and lines
  String.raw`E' {  "a" :1,\n\t"b":[ 1,2 , 3 ]\r\n} '`,
  // numbers as they were written
  `'{"a": 1.0, "b": 1e2, "c": 100.00, "d": -0, "e": 12345678901234567890.123}'`,
  // a null that is a value, and other values that are no objects
  `'null'`,
  `'"text"'`,
  `'[]'`,
  `'false'`,
  // escapes, of which two are one character, and a backslash that begins none
  String.raw`'{"s": "\u0041\u00e9 \ud83d\ude00 \/ \\u0000"}'`,
  // characters that no text of Postgres has, or that are none
  String.raw`'{"s": "\u0000"}'`,
  String.raw`'{"s": "\ud800 \udc00x"}'`,
  // numbers beyond all bounds
  `'{"n": 1e400000}'`,
  // a large one
  `json_build_object('text', repeat('wide ', 4000), 'a', 1)::text`,
]

/** A kind of dirt for each odd text of a json column. */
export const odd = (column: string): Fill['dirt'] => oddJson.map((text) => ({ [column]: `${text}::json` }))
