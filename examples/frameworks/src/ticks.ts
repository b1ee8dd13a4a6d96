import { setTimeout as sleep } from 'node:timers/promises'

/** A text that takes a while, for responses that stream. */
export async function* ticks(first: string): AsyncGenerator<Uint8Array> {
  for (const line of [first, 'tick', 'tock']) {
    yield Buffer.from(`${line}\n`)
    await sleep(20)
  }
}
