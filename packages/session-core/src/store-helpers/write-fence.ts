import type { Deadline } from './deadline.js'
import { SessionError } from '../contract/errors.js'

/** What a fenced write brings back: the server's clock, and the outcome, or `late` if the server refused it. */
export interface FencedReply<T> {
  readonly serverNowMs: number
  readonly outcome: T | 'late'
}

/**
 * Keeps a write that was reported as failed from taking effect later (contract E2). A command can outlive its caller:
 * in a socket's buffer, in a driver's queue, in a resend after a reconnect. So each carries the server time after which
 * the server itself must refuse it, and that time never lies after the caller's deadline.
 */
export interface WriteFence {
  /**
   * Calls `send` with a server time in milliseconds, and resolves to its outcome. The server must refuse the write if
   * its clock, cut to milliseconds, has reached that time. Rejects with `Backend`, reason `timeout`, if the server refused it and the deadline has passed.
   */
  write<T>(deadline: Deadline, send: (notAfterMs: number) => Promise<FencedReply<T>>): Promise<T>
}

interface Sample {
  /** Server time less local time, never more than the true difference. */
  readonly offsetMs: number
  readonly takenAtMs: number
}

const maxSampleAgeMs = 10_000

/**
 * A fence for the server whose clock `askServerNowMs` reads. It asks when it has no recent sample; replies to writes
 * are samples too, so that a busy store asks once. Holds up to a step of the server's clock between sample and write.
 */
export function createWriteFence(askServerNowMs: () => Promise<number>): WriteFence {
  let sample: Sample | undefined
  let asking: Promise<void> | undefined

  function observe(serverNowMs: number, sentAtMs: number): void {
    const nowMs = performance.now()
    // The server read its clock before now, so this difference is too small by the way back, and never too large.
    const offsetMs = serverNowMs - nowMs
    const steppedBack = sample !== undefined && serverNowMs + 1 < sentAtMs + sample.offsetMs
    const outdated = sample === undefined || nowMs - sample.takenAtMs > maxSampleAgeMs
    if (sample === undefined || steppedBack || outdated || offsetMs >= sample.offsetMs) {
      sample = { offsetMs, takenAtMs: nowMs }
    }
  }

  async function ask(): Promise<void> {
    const sentAtMs = performance.now()
    observe(await askServerNowMs(), sentAtMs)
  }

  /** The offset, if it is known well enough. */
  function recentOffsetMs(): number | undefined {
    if (sample === undefined || performance.now() - sample.takenAtMs > maxSampleAgeMs) return undefined
    return sample.offsetMs
  }

  async function askOffsetMs(): Promise<number> {
    for (;;) {
      asking ??= ask().finally(() => {
        asking = undefined
      })
      await asking
      const offsetMs = recentOffsetMs()
      if (offsetMs !== undefined) return offsetMs
    }
  }

  async function write<T>(deadline: Deadline, send: (notAfterMs: number) => Promise<FencedReply<T>>): Promise<T> {
    for (;;) {
      const offsetMs = recentOffsetMs() ?? (await askOffsetMs())
      const sentAtMs = performance.now()
      if (sentAtMs >= deadline.atMs) break
      const reply = await send(Math.floor(deadline.atMs + offsetMs))
      observe(reply.serverNowMs, sentAtMs)
      if (reply.outcome !== 'late') return reply.outcome
      // Refused before the deadline: the server's clock has stepped. The reply has brought its time, so try again.
    }
    throw new SessionError(
      'timeout',
      'The backend did not take the write in time, and refused it: nothing was changed.',
    )
  }

  return { write }
}
