import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy, startRedisProcess } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { timeoutMs, type Scenario } from '../scenario.js'
import { eager, openByUrl, openWith } from './clients.js'

/** One server, which has everything on disk before it answers, behind a proxy. */
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
        'ioredis that sends again': () => openWith(new Redis(proxy.url, eager)),
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
        {
          name: 'network stalled',
          async run(random) {
            proxy.stall()
            await sleep(random.below(2 * timeoutMs))
            proxy.release()
          },
        },
        {
          name: 'connections reset',
          async run() {
            proxy.reset()
          },
        },
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
