import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { App } from './app.js'
import { UserError } from './user-error.js'

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

/** Certificate and private key, as PEM texts. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

function explain(error: unknown, port: number): unknown {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new UserError(`Port ${port} is in use. Choose another port with --port, or any free port with --port 0.`)
  }
  if (code === 'EACCES') return new UserError(`Port ${port} requires special rights. Choose another port with --port.`)
  return error
}

/**
 * Creates the app once its URL is known, and serves it on localhost only, over HTTPS if `tls` is given. Port 0 stands for any
 * free port.
 */
export async function startServer(createApp: (url: string) => App, port: number, tls?: Tls): Promise<RunningServer> {
  const server = tls ? createHttpsServer(tls) : createServer()
  try {
    await once(server.listen(port, 'localhost'), 'listening')
  } catch (error) {
    throw explain(error, port)
  }
  const url = `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`
  const app = createApp(url)
  server.on('request', app.respond)
  server.on('upgrade', app.upgrade)
  return {
    url,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      app.close()
      await closed
    },
  }
}
