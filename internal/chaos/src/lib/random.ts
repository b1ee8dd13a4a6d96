/** Draws for load and disturbances, the same for the same seed. */
export interface Random {
  /** From 0 to 1. */
  next(): number
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  /** One of them. Throws if there are none. */
  pick<T>(values: readonly T[]): T
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
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
