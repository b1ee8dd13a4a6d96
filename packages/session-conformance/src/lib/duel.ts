const defaultRounds = 40

/** Runs a race many times, the two sides in turn first: what must hold must hold whatever the order. */
export async function duel(round: (flip: boolean) => Promise<void>, rounds: number = defaultRounds): Promise<void> {
  const width = 4
  for (let n = 0; n < rounds; n += width) {
    await Promise.all(Array.from({ length: width }, (_, offset) => round((n + offset) % 2 === 0)))
  }
}
