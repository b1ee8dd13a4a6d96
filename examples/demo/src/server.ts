import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UserError } from './user-error.js'

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

function explain(error: unknown, port: number): unknown {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new UserError(`Port ${port} is taken. Give another one with --port, or --port 0 for any that is free.`)
  }
  if (code === 'EACCES') return new UserError(`Port ${port} needs special rights. Give another one with --port.`)
  return error
}

/** Serves the app to this machine alone. Port 0: any that is free. */
export async function startServer(app: RequestListener, port: number): Promise<RunningServer> {
  const server = createServer(app)
  try {
    await once(server.listen(port, 'localhost'), 'listening')
  } catch (error) {
    throw explain(error, port)
  }
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
