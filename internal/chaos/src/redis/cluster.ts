import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisCluster, type RedisProcess } from '@bext-internal/test-services'
import { Cluster } from 'ioredis'
import type { Scenario } from '../scenario.js'
import { retryingOptions, openWith } from './clients.js'

const nodeTimeoutMs = 1000
const failoverWithinMs = 30_000

async function promoted(servers: readonly RedisProcess[], old: RedisProcess): Promise<void> {
  const others = servers.filter((server) => server !== old)
  const deadline = performance.now() + failoverWithinMs
  while (performance.now() < deadline) {
    const roles = await Promise.all(others.map(({ ask }) => ask('INFO', 'replication')))
    if (roles.filter((role) => role.includes('role:master')).length === 3) return
    await sleep(50)
  }
  throw new Error(`No replica has become a master within ${failoverWithinMs} ms.`)
}

/** Three masters. One at a time fails over to its replica, which may lack the last writes. */
export const cluster: Scenario = {
  name: 'cluster',
  losesWrites: true,

  async open() {
    const { servers, masters, settled, stop } = await startRedisCluster(nodeTimeoutMs)
    const addresses = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
    return {
      clients: {
        'ioredis by default': () => openWith(new Cluster(addresses)),
        'ioredis that sends again': () => openWith(new Cluster(addresses, { redisOptions: retryingOptions })),
      },
      disturbances: [
        {
          name: 'master killed',
          async run(random) {
            const old = random.pick(await masters())
            await old.kill()
            await promoted(servers, old)
            await old.restart()
            await settled()
          },
        },
      ],
      close: stop,
    }
  },
}
