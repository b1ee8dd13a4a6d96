import { startPostgresPair } from '@bext-internal/test-services'
import type { Scenario } from '../scenario.js'
import { migrateAt, openByClient } from './clients.js'

/** A primary that fails over to its standby. The standby may lack the last writes, unless commits wait for it. */
function failoverTo(kind: 'async' | 'sync'): Scenario {
  return {
    name: kind === 'sync' ? 'failover-sync' : 'failover',
    losesWrites: kind === 'async',

    async open() {
      const pair = await startPostgresPair()
      if (kind === 'sync') {
        await pair.primary.ask('alter system set synchronous_standby_names = "*"')
        await pair.primary.ask('select pg_reload_conf()')
      }
      await migrateAt(pair.primary.url)
      const hosts = `127.0.0.1:${pair.primary.port},127.0.0.1:${pair.standby.port}`
      const url = `postgres://bext@${hosts}/postgres?target_session_attrs=read-write`
      return {
        clients: { 'postgres.js, read-write': () => openByClient(url) },
        disturbances: [
          {
            name: 'primary killed',
            async run() {
              // Only one standby exists, so the primary is killed once. After that, connections are cut.
              if (await isStandby()) {
                await pair.primary.end('kill')
                await pair.promote()
              } else {
                await pair.standby.ask(
                  'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
                )
              }
            },
          },
        ],
        close: () => pair.stop(),
      }

      async function isStandby(): Promise<boolean> {
        const [row] = await pair.standby.ask('select pg_is_in_recovery() as standby')
        return row?.['standby'] === true
      }
    },
  }
}

export const failover: Scenario = failoverTo('async')
export const failoverSync: Scenario = failoverTo('sync')
