import { setTimeout as sleep } from 'node:timers/promises'

/** Yields a text slowly, for streaming responses. */
export async function* ticks(first: string): AsyncGenerator<Uint8Array> {
  for (const line of [first, 'tick', 'tock']) {
    yield Buffer.from(`${line}\n`)
    await sleep(20)
  }
}
