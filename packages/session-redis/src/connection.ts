import { setTimeout as sleep } from 'node:timers/promises'
import {
  createGuardedCalls,
  type Deadline,
  type FencedReply,
  type GuardedCalls,
} from '@bext/session-core/store-helpers'
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
export interface Connection extends Pick<GuardedCalls, 'call' | 'close'> {
  /** Sends commands that change nothing. */
  read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T>
  /** Runs a script, which has no effect after the deadline (contract E2). */
  write(deadline: Deadline, script: Script, entries: readonly KeyedArgs[]): Promise<ScriptReply>
  /** Lets the commands that are sent in this tick leave in one go. */
  cork(): void
}

interface ConnectionOptions {
  readonly timeoutMs: number
  /** Why the client is not ready, where that is known. */
  readonly lastError: () => unknown
}

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
  const { call, fencedWrite, close } = createGuardedCalls({
    timeoutMs,
    askServerNowMs: async (deadline) => parseTime(await read(deadline, () => client.time())),
    mayStillRun: (error) => !isServerReply(error) && !wasNeverSent(error),
    toSessionError,
  })

  return {
    call,
    close,
    read,

    write(deadline, script, entries) {
      const keys = entries.map(({ key }) => key)
      const args = entries.flatMap((entry) => entry.args)
      return fencedWrite(deadline, async (notAfterMs) => {
        const send = (): Promise<unknown> => runScript(client, script, keys, [String(notAfterMs), ...args])
        return parseReply(await untilAnswered(deadline, send, wasNeverSent))
      })
    },

    cork: () => corkUntilEndOfTick(client),
  }
}
