import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy, startRedisProcess } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { resetConnections, stallNetwork } from '../network-disturbances.js'
import { timeoutMs, type Scenario } from '../scenario.js'
import { retryingOptions, openByUrl, openWith } from './clients.js'

/** A single server behind a proxy. It replies to a write only after saving it to disk. */
export const single: Scenario = {
  name: 'single',
  losesWrites: false,

  async open() {
    const server = await startRedisProcess({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const proxy = await startProxy(server.url)
    return {
      clients: {
        'own connection': () => openByUrl(proxy.url),
        'ioredis by default': () => openWith(new Redis(proxy.url)),
        'ioredis that sends again': () => openWith(new Redis(proxy.url, retryingOptions)),
      },
      disturbances: [
        {
          name: 'server stalled',
          async run(random) {
            server.pause()
            await sleep(random.below(2 * timeoutMs))
            server.resume()
          },
        },
        stallNetwork(proxy),
        resetConnections(proxy),
        {
          name: 'server killed',
          async run(random) {
            await server.kill()
            await sleep(random.below(timeoutMs))
            await server.restart()
          },
        },
      ],
      async close() {
        await proxy.close()
        await server.stop()
      },
    }
  },
}
