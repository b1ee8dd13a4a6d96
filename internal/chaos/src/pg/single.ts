import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgresProcess, startProxy } from '@bext-internal/test-services'
import { timeoutMs, type Scenario } from '../scenario.js'
import { migrateAt, openByClient, openByUrl } from './clients.js'
import { serverDisturbances } from './disturbances.js'

/** One server behind a proxy. */
export const single: Scenario = {
  name: 'single',
  losesWrites: false,

  async open() {
    const server = await startPostgresProcess()
    const proxy = await startProxy(server.url)
    await migrateAt(server.url)
    return {
      clients: {
        'own connections': () => openByUrl(proxy.url),
        'postgres.js': () => openByClient(proxy.url),
      },
      disturbances: [
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
        ...serverDisturbances(server),
      ],
      async close() {
        await proxy.close()
        await server.stop()
      },
    }
  },
}
