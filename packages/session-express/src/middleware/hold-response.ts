import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { lockHead, refuseHead } from './lock-head.js'
import type { MethodCall } from './outermost.js'
import { keepOutermost } from './outermost.js'

/** Methods that send the head of a response, or a part of its body. `flush` is that of the package compression. */
const sendingMethods = ['writeHead', 'write', 'end', 'flushHeaders', 'flush'] as const

type SendingMethod = (typeof sendingMethods)[number]

/** A call that waits. */
interface HeldCall {
  readonly name: SendingMethod
  readonly proceed: () => unknown
}

export interface HoldOptions {
  /**
   * Called once, before a head with this status is sent. Resolves when it may be sent, and rejects if it must not be sent.
   * Undefined sends it immediately.
   */
  readonly prepare: (status: number) => Promise<unknown> | undefined
  /** Called once it may be sent. Can still set headers. */
  readonly beforeSending: () => void
  /** Called if the preparation rejected, or if a call that was held throws. */
  readonly fail: (error: unknown) => void
}

/**
 * Holds a response from its first byte until it is prepared. Meanwhile it behaves like one that is sent to a slow client:
 * `headersSent` is true, the head cannot change, and `write` returns false until `drain`.
 */
export function holdResponse(response: ServerResponse, { prepare, beforeSending, fail }: HoldOptions): void {
  let phase: 'new' | 'held' | 'sending' | 'replaced' = 'new'
  let isReplacementEnded = false
  let unlockHead: (() => void) | undefined
  const held: HeldCall[] = []
  const sources = new Set<Readable>()
  /** Listeners for `drain` that middleware which replaces `on`, such as compression, keeps for its own stream. */
  const divertedListeners = new Set<() => void>()

  /** Discards what is held, so that an error page can be sent in its place. */
  function discard(error: unknown): void {
    phase = 'replaced'
    unlockHead?.()
    for (const source of sources) {
      source.unpipe(response)
      response.once('close', () => source.destroy())
    }
    fail(error)
  }

  /** Continues the writers that wait for `drain`. */
  function drain(): void {
    const emitted = response.rawListeners('drain')
    const diverted = Array.from(divertedListeners).filter((listener) => !emitted.includes(listener))
    response.emit('drain')
    for (const listener of diverted) listener.call(response)
  }

  function send(): void {
    phase = 'sending'
    unlockHead?.()
    let isDrained = false
    try {
      beforeSending()
      for (const { name, proceed } of held) {
        const result = proceed()
        if (name === 'write') isDrained = result === true
        else if (name === 'end') isDrained = false
      }
    } catch (error) {
      discard(error)
      return
    }
    // If the last write returned false, the event follows. Otherwise nothing would continue the writers.
    if (isDrained) drain()
  }

  function begin(status: number): void {
    const prepared = prepare(status)
    phase = prepared ? 'held' : 'sending'
    if (!prepared) return
    unlockHead = lockHead(response)
    prepared.then(send, discard)
  }

  function hold(name: SendingMethod, proceed: () => unknown): unknown {
    if (name === 'writeHead' && held.length > 0) refuseHead()
    if (name === 'end') {
      if (response.writableEnded) return response
      Object.defineProperty(response, 'writableEnded', { value: true, configurable: true })
    }
    held.push({ name, proceed })
    if (name === 'write') return false
    return name === 'writeHead' || name === 'end' ? response : undefined
  }

  function call(name: SendingMethod, { args, isOutermost, proceed }: MethodCall): unknown {
    if (phase === 'new') begin(name === 'writeHead' ? Number(args[0]) : response.statusCode)
    if (phase === 'held') return hold(name, proceed)
    // The failed handler may still be writing.
    if (isReplacementEnded && isOutermost && name === 'write') return false
    if (isReplacementEnded && isOutermost && name === 'end') return response
    const result = proceed()
    if (phase === 'replaced' && isOutermost && name === 'end') isReplacementEnded = true
    return result
  }

  for (const name of sendingMethods) keepOutermost(response, name, (one) => call(name, one))
  keepOutermost(response, 'on', ({ args: [event, listener], proceed }) => {
    const result = proceed()
    if (event !== 'drain' || (phase !== 'new' && phase !== 'held')) return result
    const wait = listener as () => void
    if (!response.rawListeners('drain').includes(wait)) divertedListeners.add(wait)
    return result
  })
  response.on('pipe', (source) => sources.add(source))
  response.on('unpipe', (source) => sources.delete(source))
}
