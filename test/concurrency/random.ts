import { seeded } from '../engine/copying.ts'

/** Choices that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to below `n`. */
  below(n: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** `n` choices, perhaps fewer: none comes twice. */
  some<T>(from: readonly T[], n: number): T[]
  /** Picks a name by its weight. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T
}

export function random(seed: number): Random {
  const next = seeded(seed)
  const below = (n: number) => Math.floor(next() * n)
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('nothing to pick from')
    return from[below(from.length)] as T
  }
  return {
    below,
    pick,
    chance: (probability) => next() < probability,
    some: (from, n) => (from.length === 0 ? [] : [...new Set(Array.from({ length: n }, () => pick(from)))]),
    weighed(weights) {
      const entries = Object.entries(weights) as [keyof typeof weights, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [name, weight] of entries) {
        left -= weight
        if (left < 0) return name
      }
      return (entries[0] as [keyof typeof weights, number])[0]
    },
  }
}
