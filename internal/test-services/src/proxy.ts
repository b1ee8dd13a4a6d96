import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy to a server, that can fall silent as networks do. */
export interface Proxy {
  readonly url: string
  /** Passes nothing on, for old and new connections, until `release`. */
  stall(): void
  /** Passes on what was held back. */
  release(): void
  /** Passes nothing on for the connections that there are, for ever; new ones work. */
  abandon(): void
  /** Breaks the connections that there are, as a peer does that has crashed; new ones work. */
  reset(): void
  /** Leads new connections to another server. */
  retarget(targetUrl: string): void
  close(): Promise<void>
}

export async function startProxy(targetUrl: string): Promise<Proxy> {
  let target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let flushes: (() => void)[] = []
  let stalled = false

  function forward(from: Socket, to: Socket): void {
    const held: Buffer[] = []
    const flush = (): void => {
      for (const chunk of held.splice(0)) to.write(chunk)
    }
    flushes.push(flush)
    from.on('data', (chunk) => {
      held.push(chunk)
      if (!stalled && flushes.includes(flush)) flush()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      to.destroy()
      sockets.delete(from)
      flushes = flushes.filter((other) => other !== flush)
    })
    sockets.add(from)
  }

  const listener = createServer((client) => {
    const server = connect(Number(target.port || 6379), target.hostname)
    forward(client, server)
    forward(server, client)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = String((listener.address() as AddressInfo).port)

  return {
    url: url.href,
    stall() {
      stalled = true
    },
    release() {
      stalled = false
      for (const flush of flushes) flush()
    },
    abandon() {
      flushes = []
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    retarget(otherUrl) {
      target = new URL(otherUrl)
    },
    async close() {
      listener.close()
      for (const socket of sockets) socket.destroy()
      await once(listener, 'close')
    },
  }
}
