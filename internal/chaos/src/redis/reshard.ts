import {
  leastRedisRights,
  leastRedisRightsInCluster,
  moveAllSlots,
  startRedisCluster,
} from '@bext-internal/test-services'
import { Cluster } from 'ioredis'
import type { Scenario } from '../scenario.js'
import { retryingOptions, openWith } from './clients.js'

const credentials = { username: 'app', password: 'secret' }

/** Three masters. One moves all of its slots to another, key by key. Clients have the least rights. */
export const reshard: Scenario = {
  name: 'reshard',
  losesWrites: false,

  async open() {
    const { servers, masters, settled, stop } = await startRedisCluster()
    const addresses = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
    const rights = [...leastRedisRights, ...leastRedisRightsInCluster]
    for (const { ask } of servers) {
      await ask('ACL', 'SETUSER', credentials.username, 'reset', 'on', `>${credentials.password}`, ...rights)
    }
    const current = await masters()
    return {
      clients: {
        'ioredis by default': () => openWith(new Cluster(addresses, { redisOptions: credentials })),
        'ioredis that sends again': () =>
          openWith(new Cluster(addresses, { redisOptions: { ...credentials, ...retryingOptions } })),
      },
      disturbances: [
        {
          name: 'all slots of a master moved',
          async run(random) {
            const order = current.toSorted(() => random.next() - 0.5)
            for (const from of order) {
              const to = random.pick(current.filter((other) => other !== from))
              if ((await moveAllSlots(from, to)) > 0) break
            }
            await settled()
          },
        },
      ],
      close: stop,
    }
  },
}
