import { cases } from './dirt/cases.ts'
import type { Options } from './options.ts'

/** How many of what a run makes. */
export interface Size {
  /** Titles that have media rows. */
  titles: number
  /** Media rows that belong to a title. */
  identified: number
  /** Media rows that the pipeline has not identified yet. */
  unidentified: number
  /** Titles known from training alone, numbered after the others. */
  trainingOnly: number
  /** Titles that get one of the dirt cases. */
  dirty: number
}

/**
 * Two titles to five media rows, 8 % of the rows unidentified, as found. Every title has at least one row and may ask
 * for two, so `identified` is never below twice the titles. From 1,000 rows on, any dirt means each case at least once.
 */
export function sizeOf(options: Options): Size {
  const { rows, dirt } = options
  const titles = Math.floor((rows * 2) / 5)
  const unidentified = titles === 0 ? rows : Math.round(rows * 0.08)
  const atLeast = rows >= 1000 && dirt > 0 ? cases(options).length : 0
  return {
    titles,
    unidentified,
    identified: rows - unidentified,
    trainingOnly: Math.floor(titles / 50),
    dirty: Math.min(titles, Math.max(atLeast, Math.round(titles * dirt))),
  }
}
