import type { Deadline } from './deadline.js'
import { SessionError } from '../contract/errors.js'

/** Reply to a fenced write: the server's clock, and the outcome, or `late` if the server refused the write. */
export interface FencedReply<T> {
  /** In milliseconds. Undefined if the reply does not say. A `late` reply must say. */
  readonly serverNowMs: number | undefined
  readonly outcome: T | 'late'
}

/**
 * Prevents a write that was reported as failed from taking effect later (contract E2). A command can outlive its caller
 * in a socket's buffer, in a driver's queue, or in a resend after a reconnect. So each write carries a server time
 * after which the server must refuse it. This time is never later than the caller's deadline.
 */
export interface WriteFence {
  /**
   * Calls `send` with a server time in milliseconds, and resolves to its outcome. The server must refuse the write if
   * its clock, truncated to milliseconds, has reached that time. Rejects with `Backend`, reason `timeout`, if the
   * server refused the write and the deadline has passed.
   */
  write<T>(deadline: Deadline, send: (notAfterMs: number) => Promise<FencedReply<T>>): Promise<T>
}

interface Sample {
  /** Server time minus local time, never more than the true difference. */
  readonly offsetMs: number
  readonly takenAtMs: number
}

const maxSampleAgeMs = 10_000

/**
 * Creates a fence for the server whose clock `askServerNowMs` reads. The fence asks if it has no recent sample. Replies
 * to writes are samples too, so a busy store asks once. A step of the server's clock between a sample and a write can
 * let the write take effect late, by the size of the step.
 */
export function createWriteFence(askServerNowMs: () => Promise<number>): WriteFence {
  let sample: Sample | undefined
  let asking: Promise<void> | undefined

  function observe(serverNowMs: number, sentAtMs: number): void {
    const nowMs = performance.now()
    // The server read its clock before we read ours, so this underestimates the offset by the return trip and never
    // overestimates it.
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

  /** Returns the offset if a sample is recent enough. */
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
      if (reply.serverNowMs !== undefined) observe(reply.serverNowMs, sentAtMs)
      if (reply.outcome !== 'late') return reply.outcome
      // Refused before the deadline: the server's clock has stepped. The reply contains its time, so try again.
    }
    throw new SessionError('timeout', 'The backend received the write too late and refused it. Nothing was changed.')
  }

  return { write }
}
