const defaultRounds = 40
const maxTurns = 20

/** Runs both sides of a race. The second starts a number of event-loop turns after the first. */
export async function runRace(
  round: Round,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<void> {
  const [early, late] = round.flip ? [second, first] : [first, second]
  async function afterTurns(): Promise<unknown> {
    for (let turn = 0; turn < round.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return late()
  }
  await Promise.all([early(), afterTurns()])
}

export interface Round {
  readonly flip: boolean
  readonly turns: number
}

/** Runs a race many times. The sides take turns to start first, at several distances. */
export async function race(run: (round: Round) => Promise<void>, rounds: number = defaultRounds): Promise<void> {
  const width = 4
  for (let n = 0; n < rounds; n += width) {
    await Promise.all(
      Array.from({ length: width }, (_, offset) =>
        run({ flip: offset % 2 === 0, turns: ((n / width) * 2) % maxTurns }),
      ),
    )
  }
}
