import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy in front of a server, for tests of stalled and broken networks. */
export interface Proxy {
  /** The server's URL, through the proxy. */
  readonly url: string
  /** Holds back all data, on open and new connections, until `release`. */
  stall(): void
  /** Forwards the data that was held back, and all that follows. */
  release(): void
  /** Drops all data of the open connections from now on, without closing them. New connections work. */
  abandon(): void
  /** Resets the open connections, as the crash of a peer does. New connections work. */
  reset(): void
  /** Sends new connections to another server. */
  retarget(targetUrl: string): void
  close(): Promise<void>
}

const defaultPorts: Readonly<Record<string, number>> = { 'postgres:': 5432, 'postgresql:': 5432 }
const redisPort = 6379

/** Starts a proxy on the given port of 127.0.0.1; by default on any free port. */
export async function startProxy(targetUrl: string, port = 0): Promise<Proxy> {
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
    const server = connect(Number(target.port) || (defaultPorts[target.protocol] ?? redisPort), target.hostname)
    forward(client, server)
    forward(server, client)
  }).listen(port, '127.0.0.1')
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
