/** Returns a whole number from 0 to `limit - 1`. */
export type Random = (limit: number) => number

/** Returns a generator whose numbers depend only on the seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }
}

type Mutation = (token: string, random: Random, other: string) => string

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const specials = ['*', '=', '+', '/', '~', '.', ' ', '\n', '\0', '%', 'é', '\ud800', '🙂', '**', 'Fe26.2*', '__proto__']

function pick<T>(from: ArrayLike<T>, random: Random): T {
  return from[random(from.length)] as T
}

function splice(token: string, at: number, removed: number, inserted: string): string {
  return token.slice(0, at) + inserted + token.slice(at + removed)
}

function withPart(token: string, index: number, change: (part: string) => string): string {
  const parts = token.split('*')
  return parts.with(index % parts.length, change(parts[index % parts.length] ?? '')).join('*')
}

const mutations: readonly Mutation[] = [
  (token, random) => splice(token, random(token.length), 1, pick(alphabet, random)),
  (token, random) => splice(token, random(token.length), 1, pick(specials, random)),
  (token, random) => splice(token, random(token.length + 1), 0, pick(alphabet, random)),
  (token, random) => splice(token, random(token.length + 1), 0, pick(specials, random)),
  (token, random) => splice(token, random(token.length), 1 + random(24), ''),
  (token, random) => token.slice(0, random(token.length)),
  (token, random) => token.slice(1 + random(token.length)),
  (token, random) => splice(token, random(token.length), 0, token.slice(random(token.length)).slice(0, 64)),
  // Replaces the last character of a part: still base64url, but perhaps not its canonical spelling.
  (token, random) => withPart(token, random(8), (part) => `${part.slice(0, -1)}${pick(alphabet, random)}`),
  (token, random) => withPart(token, random(8), () => ''),
  (token, random) => withPart(token, 5, () => String(random(2 ** 31) * (1 + random(4000)))),
  (token, random) => withPart(token, 1, () => pick(['k1', 'k2', 'k3', '', '__proto__', 'constructor', 'K1'], random)),
  (token, random, other) => withPart(token, 3 + random(5), () => pick(other.split('*'), random)),
  (token, random, other) => {
    const index = random(8)
    return withPart(token, index, () => other.split('*')[index] ?? '')
  },
  (token, random, other) => token.slice(0, random(token.length)) + other.slice(random(other.length)),
]

/** Applies one to three random mutations to the token. Some of them copy a piece of the other token. */
export function mutate(token: string, other: string, random: Random): string {
  let mutated = token
  for (let remaining = 1 + random(3); remaining > 0; remaining -= 1)
    mutated = pick(mutations, random)(mutated, random, other)
  return mutated
}
