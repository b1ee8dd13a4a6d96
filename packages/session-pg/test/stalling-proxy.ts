import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { postgresUrl } from './support.js'

/** A TCP proxy before the server that can hold everything back. */
export interface StallingProxy {
  /** The server's URL, by way of the proxy. */
  readonly url: string
  stall(): void
  release(): void
}

/** Starts a proxy that ends with the test, on a port of its own or the given one. */
export async function startStallingProxy(port = 0): Promise<StallingProxy> {
  const target = new URL(postgresUrl)
  const sockets = new Set<Socket>()
  let stalled = false

  function link(from: Socket, to: Socket): void {
    sockets.add(from)
    if (stalled) from.pause()
    from.on('data', (chunk) => to.write(chunk))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }

  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname)
    link(client, upstream)
    link(upstream, client)
    if (stalled) client.pause()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => {
      server.close(resolve)
    })
  })

  const url = new URL(postgresUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    stall() {
      stalled = true
      for (const socket of sockets) socket.pause()
    },
    release() {
      stalled = false
      for (const socket of sockets) socket.resume()
    },
  }
}
