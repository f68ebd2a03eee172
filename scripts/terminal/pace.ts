import type { Progress } from '../report.ts'
import { count, duration } from './words.ts'

/** How far long work is, how fast it goes, and how many seconds are left; null while that is not known. */
export interface Pace extends Progress {
  share: number
  perSecond: number
  secondsLeft: number | null
}

/**
 * A clock for one task. The rate is measured from what was already done when the task was first heard of, so that
 * work resumed half-way does not look twice as fast.
 * @param now the time in milliseconds
 */
export function pace(first: Progress, now: () => number = Date.now): (progress: Progress) => Pace {
  const startedAt = now()
  return (progress) => {
    const seconds = (now() - startedAt) / 1000
    const perSecond = seconds > 0 ? Math.max(0, progress.done - first.done) / seconds : 0
    const left = Math.max(0, progress.total - progress.done)
    return {
      ...progress,
      share: progress.total > 0 ? Math.min(1, progress.done / progress.total) : 1,
      perSecond,
      secondsLeft: perSecond > 0 ? left / perSecond : null,
    }
  }
}

/** `1,200 of 20,000 rows (6 %), 4,000 rows/s, 4.7 s left`. */
export function paceLine({ task, unit = 'rows', done, total, share, perSecond, secondsLeft }: Pace): string {
  const speed = perSecond > 0 ? `, ${count(perSecond)} ${unit}/s` : ''
  const left = secondsLeft === null || done >= total ? '' : `, ${duration(secondsLeft)} left`
  return `${task}: ${count(done)} of ${count(total)} ${unit} (${Math.floor(share * 100)} %)${speed}${left}`
}
