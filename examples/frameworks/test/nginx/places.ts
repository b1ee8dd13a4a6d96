import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, request as startRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server to connect to: on a free port of loopback, or on a Unix socket. */
export interface Place {
  readonly address: { readonly port: number } | { readonly socketPath: string }
  readonly close: () => Promise<void>
}

/** Serves an app without a proxy. */
export async function serve(app: RequestListener): Promise<Place & { readonly address: { readonly port: number } }> {
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    address: { port: (server.address() as AddressInfo).port },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Starts nginx in front of a port, with `settings` beside its defaults. It logs its first line once it listens. */
export async function startNginx(port: number, settings: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  const socketPath = join(folder, 'socket')
  const tempPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid pid; error_log stderr notice; events {}
     http {
       access_log off; ${tempPaths.join(' ')} ${settings}
       server { listen unix:${socketPath}; location / { proxy_pass http://127.0.0.1:${port}; } }
     }`,
  )
  const stdio = ['ignore', 'ignore', 'pipe'] as const
  const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], { stdio: [...stdio] })
  const ended = once(nginx, 'exit')
  async function close(): Promise<void> {
    nginx.kill()
    await ended
    await rm(folder, { recursive: true })
  }
  const [line] = (await once(nginx.stderr, 'data')) as [Buffer]
  nginx.stderr.resume()
  if (line.includes('[notice]')) return { address: { socketPath }, close }
  await close()
  throw new Error(`nginx did not start: ${String(line)}`)
}

/** Sends a GET request. Resolves to its status, and to the values of the cookies that the response sets. */
export async function send(place: Place, path: string, cookie: string): Promise<{ status: number; cookies: string[] }> {
  const request = startRequest({ ...place.address, path, headers: { Cookie: cookie }, agent: false }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  const cookies = (response.headers['set-cookie'] ?? []).map((line) => line.slice(0, line.indexOf(';')))
  return { status: response.statusCode ?? 0, cookies }
}
