import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisProcess, type RedisProcess } from '@bext-internal/test-services'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { Scenario } from '../scenario.js'
import { eager, openByUrl, openWith } from './clients.js'
import { checkWhileFull } from './full-server.js'

const atLimitForMs = 800

async function usedMemory({ ask }: RedisProcess): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await ask('INFO', 'memory'))?.[1])
}

/** One server that reaches its maxmemory under load, and evicts nothing: what needs room is refused whole. */
export const full: Scenario = {
  name: 'full',
  losesWrites: false,

  async open() {
    const server = await startRedisProcess({ settings: ['--maxmemory-policy', 'noeviction'] })
    const client = new Redis(server.url)
    const store = redisSessions({ client })
    const limit = async (bytes: number): Promise<void> => {
      await server.ask('CONFIG', 'SET', 'maxmemory', String(bytes))
    }
    return {
      clients: {
        'own connection': () => openByUrl(server.url),
        'ioredis by default': () => openWith(new Redis(server.url)),
        'ioredis that sends again': () => openWith(new Redis(server.url, eager)),
      },
      disturbances: [
        {
          name: 'memory full',
          run: () => checkWhileFull(store, client, { fill: () => limit(1), lift: () => limit(0) }),
        },
        {
          // The load itself reaches the limit and leaves it again, also between the two commands of a create.
          name: 'memory at its limit',
          async run() {
            await limit(await usedMemory(server))
            await sleep(atLimitForMs)
            await limit(0)
          },
        },
      ],
      async close() {
        client.disconnect()
        await server.stop()
      },
    }
  },
}
