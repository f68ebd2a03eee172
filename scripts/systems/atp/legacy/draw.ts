/**
 * Chance without chance: every value is read off sha256(seed, purpose, number), which gives the same bytes on every
 * server version. `hashtext` and `random` promise no such thing, and md5 has only sixteen bytes to draw from.
 */

/** SQL of thirty-two bytes that depend on the seed, the purpose and the number alone. */
export function bytes(seed: number, purpose: string, number: string): string {
  return `sha256(('${seed}:${purpose}:' || ${number})::bytea)`
}

/** SQL of an integer from 0 to size - 1, drawn from two bytes of `hash` starting at `at`; size at most 65536. */
export function draw(hash: string, at: number, size: number): string {
  return `((get_byte(${hash}, ${at}) * 256 + get_byte(${hash}, ${at + 1})) % ${size})`
}

/** SQL of a non-negative integer of up to thirty-one bits, from four bytes of `hash` starting at `at`. */
export function wide(hash: string, at: number): string {
  const byte = (n: number) => `get_byte(${hash}, ${at + n})`
  return `((${byte(0)} & 127) * 16777216 + ${byte(1)} * 65536 + ${byte(2)} * 256 + ${byte(3)})`
}

/** SQL of one of `words`. */
export function pick(words: readonly string[], hash: string, at: number): string {
  return `(${list(words)})[1 + ${draw(hash, at, words.length)}]`
}

/** SQL of one to `most` neighbouring `words` as an array. */
export function some(words: readonly string[], hash: string, at: number, most: number): string {
  const start = draw(hash, at, words.length - most + 1)
  return `(${list(words)})[1 + ${start} : 1 + ${start} + ${draw(hash, at + 1, most)}]`
}

/** SQL text literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function list(words: readonly string[]): string {
  return `array[${words.map(quote).join(', ')}]::text[]`
}
