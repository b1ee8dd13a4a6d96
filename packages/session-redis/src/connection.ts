import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError } from '@bext/session-core'
import {
  createGuardedCalls,
  type Deadline,
  type FencedReply,
  type GuardedCalls,
} from '@bext/session-core/store-helpers'
import type { ClientAdapter } from './client/adapter.js'
import { isCommandTimeout, isError, isServerReply, noteFailure, noteReply, wasNeverSent } from './client/fates.js'
import { toSessionError } from './errors.js'
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

/**
 * Sends all commands of a store, and sends them again after a lost connection. Rejects only with `Backend` errors.
 */
export interface Connection extends Pick<GuardedCalls, 'call' | 'resume' | 'close'> {
  /** Sends commands that change nothing. */
  read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T>
  /**
   * Runs a script that has no effect after the deadline (contract E2). Before it is sent again without a reply to the
   * last time, `renew` is called for the entries to send. By default they stay the same.
   */
  write(
    deadline: Deadline,
    script: Script,
    entries: readonly KeyedArgs[],
    renew?: () => Promise<readonly KeyedArgs[]>,
  ): Promise<ScriptReply>
  /** Resolves to the time of the server, in milliseconds. */
  readTime(deadline: Deadline): Promise<number>
  /** Resolves if the server replies to a PING. */
  ping(deadline: Deadline): Promise<void>
  /** Sends all commands of this tick in one write to the socket. */
  cork(): void
}

/** A write that may have been sent more than once. */
interface Delivery {
  /** The error of a command that may still take effect. As long as there is one, no later error may hide it. */
  unanswered?: unknown
}

const maxRetriesWhileReady = 2
const retryDelayMs = 50

/** Converts the reply to TIME to milliseconds. */
function parseTime(reply: unknown): number {
  const [seconds, microseconds] = reply as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function parseReply(reply: unknown): FencedReply<ScriptReply> {
  const [now, ...outcomes] = reply as readonly unknown[]
  const serverNowMs = Number(now)
  for (const outcome of outcomes) if (isError(outcome)) noteReply(outcome)
  return { serverNowMs, outcome: outcomes.length === 0 ? 'late' : { serverNowMs, outcomes } }
}

function unchanged<T>(reply: T): T {
  return reply
}

// Loops, because most writes have one entry, and the methods of arrays cost more than the rest of such a write.
function keysOf(entries: readonly KeyedArgs[]): string[] {
  const keys: string[] = []
  for (const { key } of entries) keys.push(key)
  return keys
}

function argsOf(notAfterMs: number, entries: readonly KeyedArgs[]): string[] {
  const all = [String(notAfterMs)]
  for (const { args } of entries) for (const arg of args) all.push(arg)
  return all
}

function isUnavailable(error: unknown): boolean {
  return isSessionError(error) && error.reason === 'unavailable'
}

/** Creates the connection of a store over a client. */
export function createConnection(client: ClientAdapter, timeoutMs: number): Connection {
  const ready = createWaitUntilReady(client, timeoutMs)

  // Sends again on the next connection if there was no reply. A write that is delivered twice has the effect of one
  // (contract E6), so a lost connection costs a wait and no call. Giving up early on a write that may still take effect
  // would gain nothing, because its caller has to wait until the deadline.
  async function sendUntilReply<T, R>(
    deadline: Deadline,
    send: () => Promise<T>,
    parse: (reply: T) => R,
    write?: Delivery,
  ): Promise<R> {
    let retries = 0
    const delivery = write ?? {}
    for (;;) {
      let reply: T
      try {
        const waiting = ready(deadline)
        if (waiting !== undefined) await waiting
        reply = await send()
      } catch (error) {
        if (!isSessionError(error)) noteFailure(client, error)
        if (!isSessionError(error) && !isServerReply(error) && !wasNeverSent(error)) delivery.unanswered ??= error
        const mayGiveUp = write?.unanswered === undefined
        const isDown = isUnavailable(error) && !mayGiveUp
        const isFinal = isSessionError(error) || isServerReply(error) || isCommandTimeout(error)
        if (isFinal && !isDown) throw delivery.unanswered ?? error
        // A Cluster stays ready while it replaces the connection to one node, so no event says when to try again.
        if (isDown || client.state() === 'ready') {
          retries += 1
          if (retries > maxRetriesWhileReady && mayGiveUp) throw delivery.unanswered ?? error
          await sleep(Math.min(retries, maxRetriesWhileReady) * retryDelayMs)
        }
        if (performance.now() >= deadline.atMs) throw delivery.unanswered ?? error
        continue
      }
      return parse(reply)
    }
  }

  async function read<T>(deadline: Deadline, send: () => Promise<T>): Promise<T> {
    try {
      return await sendUntilReply(deadline, send, unchanged)
    } catch (error) {
      throw toSessionError(error)
    }
  }

  async function readTime(deadline: Deadline): Promise<number> {
    return parseTime(await read(deadline, () => client.send(['time'], [], [])))
  }

  // In a Cluster each node has its own clock, but the fence treats them as one: TIME comes from any node, and a
  // script's reply from the node of its key. A late write may therefore be accepted for the difference between two
  // nodes' clocks. If that difference is larger than the deadline, a write costs one more round trip, in which the node
  // replies `late` with its time.
  const { call, resume, fencedWrite, close } = createGuardedCalls({
    timeoutMs,
    askServerNowMs: readTime,
    mayStillRun: (error) => !isServerReply(error) && !wasNeverSent(error),
    toSessionError,
  })

  return {
    call,
    resume,
    close,
    read,
    readTime,

    async ping(deadline) {
      await read(deadline, () => client.send(['ping'], [], []))
    },

    write(deadline, script, entries, renew) {
      const keys = keysOf(entries)
      const delivery: Delivery = {}
      let current = entries
      const written = fencedWrite(deadline, (notAfterMs) => {
        const send = (): Promise<unknown> => runScript(client, script, keys, argsOf(notAfterMs, current))
        async function renewAndSend(): Promise<unknown> {
          if (renew && delivery.unanswered !== undefined) current = await renew()
          return send()
        }
        return sendUntilReply(deadline, renew ? renewAndSend : send, parseReply, delivery)
      })
      return written.catch((error: unknown) => {
        // The fence says that nothing was changed if the last delivery was late. An earlier one may have taken effect.
        throw delivery.unanswered === undefined ? error : toSessionError(delivery.unanswered)
      })
    },

    cork: () => client.cork(),
  }
}
