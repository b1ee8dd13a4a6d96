/** Returns the seeds of a range such as `20-69`, which `pnpm prove:kit` sets in a variable. Default: the seed 20 alone. */
export function seedsOf(range = '20-20'): readonly number[] {
  const [first = Number.NaN, last = Number.NaN] = range.split('-').map(Number)
  // Without a seed every test would pass.
  if (!(first <= last)) throw new Error(`Expected a range of seeds such as 20-69, not ${range}.`)
  return Array.from({ length: last - first + 1 }, (_, n) => first + n)
}
