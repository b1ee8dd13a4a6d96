import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws for load and disturbances. The same seed gives the same draws. */
export interface Random {
  /** A number from 0 to below 1. */
  next(): number
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  /** One of the values. Throws if there are none. */
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
      if (value === undefined) throw new Error('There is nothing to pick from.')
      return value
    },
  }
}
