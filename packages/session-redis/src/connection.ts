import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError, SessionError } from '@bext/session-core'
import { createWriteFence, withinDeadline, type Deadline, type FencedReply } from '@bext/session-core/store-helpers'
import { corkUntilEndOfTick, isSendable, type RedisClient } from './client/client.js'
import { toSessionError, isServerReply, isTimeOut, wasNeverSent } from './errors.js'
import { runScript } from './client/run-script.js'
import { createWaitUntilReady } from './client/wait-until-ready.js'
import type { Script } from './sessions/define-script.js'

/** One of the keys of a script, and its arguments. */
export interface KeyedArgs {
  readonly key: string
  readonly args: readonly string[]
}

/** What a script answered: see there. */
export interface ScriptReply {
  readonly serverNowMs: number
  /** For each key, in their order. An `Error` if the command on that key failed. */
  readonly outcomes: readonly unknown[]
}

/** What the store says to Redis goes through here. All rejections are `Backend` errors. */
export interface Connection {
  /** Runs a call of the store within the time that it has, from `startedAtMs` of `performance.now()` (contract E5). */
  call<T>(work: (deadline: Deadline) => Promise<T>, startedAtMs?: number): Promise<T>
  /** Sends commands that change nothing. */
  read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T>
  /** Runs a script, which has no effect after the deadline (contract E2). */
  write(deadline: Deadline, script: Script, entries: readonly KeyedArgs[]): Promise<ScriptReply>
  /** Lets the commands that are sent in this tick leave in one go. */
  cork(): void
  /** Lets all later calls reject, and resolves once those under way have ended. */
  close(): Promise<void>
}

interface ConnectionOptions {
  readonly timeoutMs: number
  /** Why the client is not ready, where that is known. */
  readonly lastError: () => unknown
}

// Work ends a little before the timer of its call does, so that the call rejects with the cause and not for time.
const maxLeadMs = 5

const maxBlindTries = 2
const blindDelayMs = 50

/** The reply to TIME in milliseconds. */
export function parseTime(reply: unknown): number {
  const [seconds, microseconds] = reply as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function parseReply(reply: unknown): FencedReply<ScriptReply> {
  const [now, ...outcomes] = reply as readonly unknown[]
  const serverNowMs = Number(now)
  return { serverNowMs, outcome: outcomes.length === 0 ? 'late' : { serverNowMs, outcomes } }
}

export function createConnection(client: RedisClient, { timeoutMs, lastError }: ConnectionOptions): Connection {
  const ready = createWaitUntilReady(client, lastError, timeoutMs)
  const leadMs = Math.min(maxLeadMs, timeoutMs / 2)
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  // Sends again on the next connection what a lost one left without an answer, where `repeats` allows it.
  async function untilAnswered<T>(
    deadline: Deadline,
    send: () => Promise<T>,
    repeats: (error: unknown) => boolean,
  ): Promise<T> {
    let blindTries = 0
    for (;;) {
      if (!isSendable(client)) await ready(deadline)
      try {
        return await send()
      } catch (error) {
        if (!repeats(error)) throw error
        // A Cluster stays ready while it replaces the connection to one of its nodes, so no event tells when to try.
        if (isSendable(client)) {
          blindTries += 1
          if (blindTries > maxBlindTries) throw error
          await sleep(blindTries * blindDelayMs)
        }
        if (performance.now() >= deadline.atMs) throw error
      }
    }
  }

  async function read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T> {
    try {
      return await untilAnswered(deadline, send, (error) => !isServerReply(error) && !isTimeOut(error))
    } catch (error) {
      throw toSessionError(error)
    }
  }

  // In a Cluster each node has its own clock, and the fence takes them for one: TIME comes from any node, each script's
  // answer from the node of its key. So there a late write is refused up to the difference between two nodes' clocks
  // too late. A difference larger than the deadline costs one more round trip: the node answers `late` with its time.
  // The question ends before the call that asks it, so that this rejects with the question's cause.
  const fence = createWriteFence(() =>
    withinDeadline(timeoutMs, async ({ atMs }) => {
      return parseTime(await read({ atMs: atMs - 2 * leadMs }, () => client.time()))
    }),
  )

  return {
    async call(work, startedAtMs) {
      if (closed) throw new SessionError('closed', 'The session store has been closed.')
      const call = withinDeadline(timeoutMs, ({ atMs }) => work({ atMs: atMs - leadMs }), startedAtMs)
      underWay.add(call)
      try {
        return await call
      } finally {
        underWay.delete(call)
      }
    },

    read,

    write(deadline, script, entries) {
      const keys = entries.map(({ key }) => key)
      const args = entries.flatMap((entry) => entry.args)
      return fence.write(deadline, async (notAfterMs) => {
        const send = (): Promise<unknown> => runScript(client, script, keys, [String(notAfterMs), ...args])
        try {
          return parseReply(await untilAnswered(deadline, send, wasNeverSent))
        } catch (error) {
          // Without an answer from the server the command may still be on its way to it, or in the driver's queue to be
          // sent again. Nobody may be told that it failed while it can still come true (contract E2).
          const isOver = isServerReply(error) || isSessionError(error) || wasNeverSent(error)
          if (!isOver) await sleep(Math.max(0, deadline.atMs + 1 - performance.now()))
          throw toSessionError(error)
        }
      })
    },

    cork: () => corkUntilEndOfTick(client),

    async close() {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}
