import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Random numbers for load and disturbances. The same seed gives the same numbers. */
export interface Random {
  /** Returns a number from 0 to below 1. */
  next(): number
  /** Returns a whole number from 0 to below `end`. */
  below(end: number): number
  /** Returns one of the values. Throws if the list is empty. */
  pick<T>(values: readonly T[]): T
}

export function randomFrom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const next = (): number => uniformFloat64(generator)
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    pick<T>(values: readonly T[]): T {
      const value = values[below(values.length)]
      if (value === undefined) throw new Error('Cannot pick from an empty list.')
      return value
    },
  }
}
