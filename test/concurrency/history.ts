/**
 * What the writers were told by the server. The method is that of Jepsen's Elle: a text column of every row holds a list,
 * `b12,m40,m77`. It begins with a mark of the row's birth that no other row has, and every write appends a mark of
 * its own and reads back, in the same statement, what the list is then. So each acknowledged write says of which life of
 * which row it is, and which writes were before it; nobody has to keep writers apart to know their order.
 */
export type Kind =
  /** media.original_path, which is downloads.original_path: written on both sides. */
  | 'path'
  /** media.target_path, which is files.target_path: written on both sides. */
  | 'file'
  /** media.overview, which media_metadata.overview shows of the newest row of a title: written on both sides. */
  | 'overview'
  /** training.overview, which media_metadata.overview shows where a title has no media: written on both sides. */
  | 'training'
  /** media_metadata.overview of titles that only the target knows, and no legacy table can hold. */
  | 'only'
  /** prediction.probability, which is media_metrics.probability: a counter, in millionths. Its birth is created_at. */
  | 'metrics'

/** One row's life in one column, by the mark of its birth. */
export interface Life {
  kind: Kind
  birth: string
}

export type Effect = Life &
  (
    | { did: 'born' | 'read' | 'died'; value: Value }
    /** `wrote`: other columns that the statement set to its mark. */
    | { did: 'wrote'; value: Value; mark: string; wrote: readonly string[] }
    /** From here on the row may be overwritten or removed in ways that the writer is not told. */
    | { did: 'left' }
  )

/** A list, or a counter. */
export type Value = readonly string[] | number

/** One transaction. Times are those of one logical clock, which ticks before a BEGIN is sent and after an answer has come. */
export interface Transaction {
  side: 'legacy' | 'target'
  began: number
  ended: number
  committed: boolean
  effects: Effect[]
}

export interface History {
  transactions: Transaction[]
  /** Times at which the target was emptied as a whole, with all that the legacy had of its titles. */
  purges: number[]
}

export const items = (list: unknown): string[] => String(list).split(',')

/** The list's effect with its birth read off it. */
export const life = (kind: Kind, list: unknown): Life & { value: string[] } => {
  const value = items(list)
  return { kind, birth: value[0] ?? '', value }
}

export const nameOf = ({ kind, birth }: Life): string => `${kind} ${birth}`
