/** A `set` list, and a condition that narrows it. */
export interface Change {
  set: string
  where?: string
}

/**
 * One way in which real titles are untidy. The changes are made to the rows of its titles in temporary copies of the
 * tables, where every row also has `n`, the number of its title, and in media `nth`, its number within the title.
 */
export interface Case {
  name: string
  /** Versions at which the case can occur. */
  since?: number
  until?: number
  /** Only where training's constraints are missing. */
  bare?: true
  /** The title needs two media rows. */
  rows?: 2
  /** The title has to have a row in the table, or may not. */
  training?: boolean
  prediction?: boolean
  media?: Change
  inTraining?: Change
  inPrediction?: Change
  /** Adds each of its training rows once more, changed by this `set` list; unchanged if it is empty. */
  again?: string
}
