import type { Finding } from '../results.ts'
import type { Group, Look, Seen } from './look.ts'

/** Measured on two busy cores: what a copy with its proof gets through in a second. */
const rowsPerSecond = 8_000

/** The target's indexes, in proportion to the legacy rows: measured, where the legacy has few indexes of its own. */
const indexShare = 0.25

/** The complement, in proportion to the legacy rows: measured where one family in fifty is dirty. */
const complementShare = 0.25

const sum = (legacy: readonly Seen[], of: (seen: Seen) => number) => legacy.reduce((total, seen) => total + of(seen), 0)

const megabytes = (bytes: number) => `${Math.max(1, Math.ceil(bytes / 1024 / 1024)).toLocaleString('en-US')} MB`

/** What a copy will take in disk and time, as estimates. */
export const cost: Group = async (look: Look): Promise<Finding[]> => {
  const table = look.legacy.map(({ name }) => name).join(', ')
  const rows = sum(look.legacy, ({ live }) => live.estimatedRows)
  const data = sum(look.legacy, ({ tableBytes }) => tableBytes)
  const indexes = Math.max(
    data * indexShare,
    sum(look.legacy, ({ indexBytes }) => indexBytes),
  )
  const complement = data * complementShare
  const need = data + indexes + complement
  const seconds = Math.ceil(rows / rowsPerSecond)
  return [
    {
      code: 'disk',
      table,
      message: `The target needs about ${megabytes(need)}: ${megabytes(data)} for its tables, ${megabytes(indexes)} for their indexes, ${megabytes(complement)} for the complement; and about as much again for the write-ahead log while it is copied. SQL cannot ask how much is free: look with df on the server.`,
    },
    {
      code: 'time',
      table,
      rows,
      message: `Copying and proving about ${rows.toLocaleString('en-US')} rows takes about ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}. The legacy tables stay readable and writable meanwhile.`,
    },
  ]
}
