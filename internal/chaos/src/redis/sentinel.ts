import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisSentinel, type RedisProcess } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import type { Scenario } from '../scenario.js'
import { retryingOptions, openWith } from './clients.js'

const failoverWithinMs = 30_000

async function otherMaster(master: () => Promise<RedisProcess>, old: RedisProcess): Promise<RedisProcess> {
  const deadline = performance.now() + failoverWithinMs
  while (performance.now() < deadline) {
    const current = await master()
    if (current !== old) return current
    await sleep(50)
  }
  throw new Error(`The Sentinels have not promoted the replica within ${failoverWithinMs} ms.`)
}

/** A master that fails over to its replica, which may lack the last writes. */
export const sentinel: Scenario = {
  name: 'sentinel',
  losesWrites: true,

  async open() {
    const { name, sentinels, master, settled, stop } = await startRedisSentinel()
    const addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    return {
      clients: {
        'ioredis by default': () => openWith(new Redis({ sentinels: addresses, name })),
        'ioredis that sends again': () => openWith(new Redis({ sentinels: addresses, name, ...retryingOptions })),
      },
      disturbances: [
        {
          name: 'master killed',
          async run() {
            const old = await master()
            await old.kill()
            const successor = await otherMaster(master, old)
            await old.restart()
            // The Sentinels would reconfigure it only after ten seconds.
            await old.ask('REPLICAOF', '127.0.0.1', String(successor.port))
            await settled()
          },
        },
      ],
      close: stop,
    }
  },
}
