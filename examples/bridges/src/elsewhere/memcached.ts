import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { waitUntil } from '@bext-internal/test-services'

const startLimitMs = 10_000

export interface Memcached {
  readonly url: string
  stop(): void
}

async function connect(port: number): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}

/** Starts memcached on a free port. Resolves to undefined if it is not installed. */
export async function startMemcached(): Promise<Memcached | undefined> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const child = spawn('memcached', ['-l', '127.0.0.1', '-p', String(port), '-I', '16m', '-u', 'nobody'], {
    stdio: 'ignore',
  })
  const ended = once(child, 'exit').then(
    () => true,
    () => true,
  )
  const isUp = await Promise.race([
    waitUntil(() => connect(port), startLimitMs).then(() => true),
    ended.then(() => false),
  ])
  return isUp ? { url: `memcached://127.0.0.1:${port}`, stop: () => child.kill() } : undefined
}
