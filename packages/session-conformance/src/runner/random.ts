/** Random numbers that the same seed repeats (mulberry32). */
export interface Random {
  readonly seed: number
  /** Returns a number from 0 up to, but not including, 1. */
  next(): number
  /** Returns a whole number from 0 up to, but not including, `bound`. */
  below(bound: number): number
  /** Returns a text of letters and digits. */
  token(length: number): string
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    seed,
    next,
    below,
    token: (length) => Array.from({ length }, () => alphabet[below(alphabet.length)]).join(''),
  }
}

/** Derives the seed of a case, so that the case replays alone as it ran among others. */
export function seedOf(seed: number, text: string): number {
  let hash = seed >>> 0
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
  return hash
}
