import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisProcess, type RedisProcess } from '@bext-internal/test-services'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { Scenario } from '../scenario.js'
import { retryingOptions, openByUrl, openWith } from './clients.js'
import { checkWhileFull } from './full-server.js'

const atLimitForMs = 800

async function usedMemory({ ask }: RedisProcess): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await ask('INFO', 'memory'))?.[1])
}

/** A server that reaches `maxmemory` under load and evicts nothing, so that it rejects whatever needs memory. */
export const full: Scenario = {
  name: 'full',
  losesWrites: false,

  async open() {
    const server = await startRedisProcess({ settings: ['--maxmemory-policy', 'noeviction'] })
    const client = new Redis(server.url)
    // Its calls are checks, not load: a busy machine must not make them exceed their deadline.
    const store = redisSessions({ client, timeoutMs: 10_000 })
    const limit = async (bytes: number): Promise<void> => {
      await server.ask('CONFIG', 'SET', 'maxmemory', String(bytes))
    }
    return {
      clients: {
        'own connection': () => openByUrl(server.url),
        'ioredis by default': () => openWith(new Redis(server.url)),
        'ioredis that sends again': () => openWith(new Redis(server.url, retryingOptions)),
      },
      disturbances: [
        {
          name: 'memory full',
          run: (_random, scene) => checkWhileFull(store, client, scene, { fill: () => limit(1), lift: () => limit(0) }),
        },
        {
          // The load itself crosses the limit in both directions, also between the two commands of a create.
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
