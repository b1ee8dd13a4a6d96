import { startPgBouncer, startPostgresProcess, startProxy } from '@bext-internal/test-services'
import { resetConnections } from '../network-disturbances.js'
import type { Scenario } from '../scenario.js'
import { migrateAt, openByClient, openByUrl } from './clients.js'
import { serverDisturbances } from './server-disturbances.js'

const connections = 4

/** A server behind PgBouncer in transaction mode. */
export const pooler: Scenario = {
  name: 'pooler',
  losesWrites: false,

  async open() {
    const server = await startPostgresProcess()
    const bouncer = await startPgBouncer(server.url, connections)
    const proxy = await startProxy(bouncer.url)
    await migrateAt(server.url)
    return {
      clients: {
        'own connections': () => openByUrl(proxy.url),
        'postgres.js, prepare: false': () => openByClient(proxy.url, { prepare: false }),
      },
      disturbances: [resetConnections(proxy), ...serverDisturbances(server)],
      async close() {
        await proxy.close()
        await bouncer.stop()
        await server.stop()
      },
    }
  },
}
