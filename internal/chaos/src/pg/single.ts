import { startPostgresProcess, startProxy } from '@bext-internal/test-services'
import { resetConnections, stallNetwork } from '../network-disturbances.js'
import type { Scenario } from '../scenario.js'
import { migrateAt, openByClient, openByUrl } from './clients.js'
import { serverDisturbances } from './server-disturbances.js'

/** A single server behind a proxy. */
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
      disturbances: [stallNetwork(proxy), resetConnections(proxy), ...serverDisturbances(server)],
      async close() {
        await proxy.close()
        await server.stop()
      },
    }
  },
}
