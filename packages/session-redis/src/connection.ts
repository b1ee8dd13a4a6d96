import { setTimeout as sleep } from 'node:timers/promises'
import {
  createGuardedCalls,
  type Deadline,
  type FencedReply,
  type GuardedCalls,
} from '@bext/session-core/store-helpers'
import { corkUntilEndOfTick, isSendable, type RedisClient } from './client/client.js'
import { toSessionError, isServerReply, isCommandTimeout, wasNeverSent } from './errors.js'
import { runScript, type Script } from './client/run-script.js'
import { createWaitUntilReady } from './client/wait-until-ready.js'

/** A key of a script with its arguments. */
export interface KeyedArgs {
  readonly key: string
  readonly args: readonly string[]
}

/** A script's reply, see `defineScript`. */
export interface ScriptReply {
  readonly serverNowMs: number
  /** The outcomes of the keys, in order. An `Error` if the command on that key failed. */
  readonly outcomes: readonly unknown[]
}

/** Sends all commands of a store. Rejects only with `Backend` errors. */
export interface Connection extends Pick<GuardedCalls, 'call' | 'close'> {
  /** Sends commands that change nothing, and resends them after a lost connection. */
  read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T>
  /** Runs a script that has no effect after the deadline (contract E2). */
  write(deadline: Deadline, script: Script, entries: readonly KeyedArgs[]): Promise<ScriptReply>
  /** Sends all commands of this tick in one write to the socket. */
  cork(): void
}

interface ConnectionOptions {
  readonly timeoutMs: number
  /** Returns the reason why the client is not ready, if it is known. */
  readonly lastError: () => unknown
}

const maxRetriesWhileReady = 2
const retryDelayMs = 50

/** Converts the reply to TIME to milliseconds. */
export function parseTime(reply: unknown): number {
  const [seconds, microseconds] = reply as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function parseReply(reply: unknown): FencedReply<ScriptReply> {
  const [now, ...outcomes] = reply as readonly unknown[]
  const serverNowMs = Number(now)
  return { serverNowMs, outcome: outcomes.length === 0 ? 'late' : { serverNowMs, outcomes } }
}

/** Creates the connection of a store over a client. */
export function createConnection(client: RedisClient, { timeoutMs, lastError }: ConnectionOptions): Connection {
  const ready = createWaitUntilReady(client, lastError, timeoutMs)

  // Resends on the next connection if a lost connection left no reply and `mayResend` allows it.
  async function sendUntilReply<T>(
    deadline: Deadline,
    send: () => Promise<T>,
    mayResend: (error: unknown) => boolean,
  ): Promise<T> {
    let retriesWhileReady = 0
    for (;;) {
      if (!isSendable(client)) await ready(deadline)
      try {
        return await send()
      } catch (error) {
        if (!mayResend(error)) throw error
        // A Cluster stays ready while it replaces the connection to one node, so no event says when to try again.
        if (isSendable(client)) {
          retriesWhileReady += 1
          if (retriesWhileReady > maxRetriesWhileReady) throw error
          await sleep(retriesWhileReady * retryDelayMs)
        }
        if (performance.now() >= deadline.atMs) throw error
      }
    }
  }

  async function read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T> {
    try {
      return await sendUntilReply(deadline, send, (error) => !isServerReply(error) && !isCommandTimeout(error))
    } catch (error) {
      throw toSessionError(error)
    }
  }

  // In a Cluster each node has its own clock, but the fence treats them as one: TIME comes from any node, and a
  // script's reply from the node of its key. A late write may therefore be accepted for the difference between two
  // nodes' clocks. If that difference is larger than the deadline, a write costs one more round trip, in which the node
  // replies `late` with its time.
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
        return parseReply(await sendUntilReply(deadline, send, wasNeverSent))
      })
    },

    cork: () => corkUntilEndOfTick(client),
  }
}
