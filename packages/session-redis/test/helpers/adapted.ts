import type { RedisAdapter } from '@bext/session-redis'
import { createClient } from 'redis'
import type { OpenedClient } from '../harness.js'

/** Opens a client of node-redis behind an adapter, as an application would write it from the README. */
export function openAdapted(url: string): OpenedClient {
  const client = createClient({ url })
  client.on('error', () => {})
  client.connect().catch(() => {})
  const adapter: RedisAdapter = {
    send: (command) => client.sendCommand([...command]),
    fateOf: (error) => (/^[A-Z]{2,} /.test((error as Error).message) ? 'answered' : 'unknown'),
    state: () => (client.isReady ? 'ready' : client.isOpen ? 'connecting' : 'ended'),
  }
  return { client: adapter, close: () => client.destroy() }
}
