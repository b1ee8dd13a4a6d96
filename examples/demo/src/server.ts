import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { App } from './app.js'
import { UserError } from './user-error.js'

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

function explain(error: unknown, port: number): unknown {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new UserError(`Port ${port} is in use. Choose another port with --port, or any free port with --port 0.`)
  }
  if (code === 'EACCES') return new UserError(`Port ${port} requires special rights. Choose another port with --port.`)
  return error
}

/** Creates the app once its URL is known, and serves it on localhost only. Port 0 stands for any free port. */
export async function startServer(createApp: (url: string) => App, port: number): Promise<RunningServer> {
  const server = createServer()
  try {
    await once(server.listen(port, 'localhost'), 'listening')
  } catch (error) {
    throw explain(error, port)
  }
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
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
