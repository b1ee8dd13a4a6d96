import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Endpoint } from './harness.js'

/** A TCP proxy that simulates faults of networks and servers. It delays bytes, or cuts off the last ones. */
export interface FaultProxy {
  readonly endpoint: Endpoint
  /** Forwards nothing in either direction until `restore`. Connections stay open, and new ones are accepted. */
  stall(): void
  /** Resets every connection and every attempt at a new one, until `restore`. */
  refuse(): void
  /** Resets every connection; new ones are served. */
  reset(): void
  /** Forwards the delayed bytes, and serves new connections. */
  restore(): void
  /** Holds the k-th write of clients from now on (from 1), and all later ones of its connection, until `release`. */
  holdWrite(k: number): void
  /** Resolves once a write is held. */
  readonly held: () => Promise<void>
  release(): void
  /**
   * Drops the k-th reply (from 1) that servers make from now on, and resets its connection, so that the client cannot
   * tell whether its command ran. New connections are served.
   */
  loseReply(k: number): void
  /** Stops losing replies. Returns true if one was lost since `loseReply`. */
  stopLosing(): boolean
  /** Delays each reply of servers by this time, in milliseconds, until it is set to 0. */
  delayReplies(ms: number): void
  /** Returns the number of client writes since the proxy started. */
  readonly writes: () => number
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  /** Bytes to the server that are held back. */
  readonly toServer: Buffer[]
  readonly toClient: Buffer[]
  /** Replies whose delay is not over. */
  readonly delayed: Buffer[]
  holding: boolean
  /** True if the client closed the connection while nothing was forwarded. */
  abandoned: boolean
}

export async function startFaultProxy(target: Endpoint): Promise<FaultProxy> {
  const links = new Set<Link>()
  let mode: 'serve' | 'stall' | 'refuse' = 'serve'
  let writes = 0
  let holdAt = Number.POSITIVE_INFINITY
  let repliesUntilLost = Number.POSITIVE_INFINITY
  let isReplyLost = false
  let delayMs = 0
  let onHeld: (() => void) | undefined
  let heldPromise: Promise<void> | undefined

  function flush(link: Link): void {
    if (mode !== 'serve') return
    for (const chunk of link.toClient.splice(0)) link.client.write(chunk)
    if (link.holding) return
    for (const chunk of link.toServer.splice(0)) link.server.write(chunk)
    if (!link.abandoned) return
    links.delete(link)
    link.server.end()
  }

  function forward(link: Link, chunk: Buffer): void {
    link.toClient.push(chunk)
    flush(link)
  }

  // Timers of different delays may fire in another order than that of the replies.
  function forwardFirstDelayed(link: Link): void {
    const chunk = link.delayed.shift()
    if (chunk !== undefined && links.has(link)) forward(link, chunk)
  }

  function drop(link: Link): void {
    links.delete(link)
    link.client.resetAndDestroy()
    link.server.destroy()
  }

  const listener = createServer((client) => {
    client.on('error', () => undefined)
    if (mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const server = connect(target.port, target.host)
    const link: Link = { client, server, toServer: [], toClient: [], delayed: [], holding: false, abandoned: false }
    links.add(link)
    client.setNoDelay(true)
    server.setNoDelay(true)
    server.on('error', () => drop(link))
    client.on('data', (chunk) => {
      writes += 1
      link.toServer.push(chunk)
      if (writes >= holdAt) {
        holdAt = Number.POSITIVE_INFINITY
        link.holding = true
        onHeld?.()
      }
      flush(link)
    })
    server.on('data', (chunk) => {
      repliesUntilLost -= 1
      if (repliesUntilLost === 0) {
        isReplyLost = true
        drop(link)
        return
      }
      if (delayMs === 0 && link.delayed.length === 0) {
        forward(link, chunk)
        return
      }
      link.delayed.push(chunk)
      setTimeout(() => forwardFirstDelayed(link), delayMs)
    })
    client.on('close', () => {
      // Bytes that a client sent before it closed the connection are with the server, which reads them when it resumes.
      if (mode === 'stall' && !server.destroyed) link.abandoned = true
      else drop(link)
    })
    server.on('close', () => drop(link))
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const { port } = listener.address() as AddressInfo

  return {
    endpoint: { host: '127.0.0.1', port },
    stall() {
      mode = 'stall'
    },
    refuse() {
      mode = 'refuse'
      for (const link of links) drop(link)
    },
    reset() {
      for (const link of links) drop(link)
    },
    restore() {
      mode = 'serve'
      for (const link of links) flush(link)
    },
    holdWrite(k) {
      holdAt = writes + k
      heldPromise = new Promise((resolve) => {
        onHeld = resolve
      })
    },
    held: () => heldPromise ?? new Promise(() => undefined),
    release() {
      holdAt = Number.POSITIVE_INFINITY
      for (const link of links) {
        link.holding = false
        flush(link)
      }
    },
    loseReply(k) {
      isReplyLost = false
      repliesUntilLost = k
    },
    stopLosing() {
      const wasLost = isReplyLost
      repliesUntilLost = Number.POSITIVE_INFINITY
      isReplyLost = false
      return wasLost
    },
    delayReplies(ms) {
      delayMs = ms
    },
    writes: () => writes,
    async close() {
      for (const link of links) drop(link)
      await new Promise<void>((resolve) => {
        listener.close(() => resolve())
      })
    },
  }
}
