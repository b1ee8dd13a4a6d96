import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import { createWriteFence, withinDeadline, type Deadline, type FencedReply } from '@bext/session-core/store'
import type { RedisClient } from './client.js'
import { fromDriver, isServerReply } from './driver-error.js'
import { createReadiness } from './readiness.js'
import type { Script } from './scripts.js'

/** How a script ended: see the scripts. */
export interface ScriptResult {
  readonly outcome: string
  readonly value: string
  readonly serverNowMs: number
}

/** What the store says to Redis goes through here. All rejections are `Backend` errors. */
export interface Connection {
  /** Runs a call of the store within the time that it has (contract E5). */
  call<T>(work: (deadline: Deadline) => Promise<T>): Promise<T>
  /** Sends a command that changes nothing. */
  read<T>(deadline: Deadline, send: (client: RedisClient) => Promise<T>): Promise<T>
  /** Runs a script, which has no effect after the deadline (contract E2). */
  write(deadline: Deadline, script: Script, key: string, args: readonly (string | number)[]): Promise<ScriptResult>
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

function parseTime(reply: unknown): number {
  const [seconds, microseconds] = reply as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function parseReply(reply: unknown): FencedReply<ScriptResult> {
  const [now, outcome, value = ''] = reply as readonly [unknown, string, string?]
  const serverNowMs = Number(now)
  return { serverNowMs, outcome: outcome === 'late' ? outcome : { outcome, value, serverNowMs } }
}

// Servers forget their scripts when they restart or fail over.
async function evaluate(client: RedisClient, { sha1, lua }: Script, key: string, args: string[]): Promise<unknown> {
  try {
    return await client.evalsha(sha1, 1, key, ...args)
  } catch (error) {
    if (isServerReply(error) && error.message.startsWith('NOSCRIPT')) return await client.eval(lua, 1, key, ...args)
    throw error
  }
}

export function createConnection(client: RedisClient, { timeoutMs, lastError }: ConnectionOptions): Connection {
  const ready = createReadiness(client, lastError)
  const leadMs = Math.min(maxLeadMs, timeoutMs / 2)
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  async function read<T>(deadline: Deadline, send: (client: RedisClient) => Promise<T>): Promise<T> {
    await ready(deadline)
    try {
      return await send(client)
    } catch (error) {
      throw fromDriver(error)
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
    async call(work) {
      if (closed) throw new SessionError('closed', 'The session store has been closed.')
      const call = withinDeadline(timeoutMs, ({ atMs }) => work({ atMs: atMs - leadMs }))
      underWay.add(call)
      try {
        return await call
      } finally {
        underWay.delete(call)
      }
    },

    read,

    write(deadline, script, key, args) {
      return fence.write(deadline, async (notAfterMs) => {
        await ready(deadline)
        try {
          return parseReply(await evaluate(client, script, key, [notAfterMs, ...args].map(String)))
        } catch (error) {
          // Without an answer from the server the command may still be on its way to it, or in the driver's queue to be
          // sent again. Nobody may be told that it failed while it can still come true (contract E2).
          if (!isServerReply(error)) await sleep(Math.max(0, deadline.atMs + 1 - performance.now()))
          throw fromDriver(error)
        }
      })
    },

    async close() {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}
