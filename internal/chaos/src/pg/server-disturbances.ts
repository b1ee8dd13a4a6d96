import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresProcess } from '@bext-internal/test-services'
import { timeoutMs, type Disturbance } from '../scenario.js'

/** Returns the disturbances of a server that keeps every write that it acknowledged. */
export function serverDisturbances(server: PostgresProcess): Disturbance[] {
  const ends = (['fast', 'immediate', 'kill'] as const).map((how) => ({
    name: `server ended (${how})`,
    async run(random: Parameters<Disturbance['run']>[0]) {
      await server.end(how)
      await sleep(random.below(timeoutMs))
      await server.restart()
    },
  }))
  return [
    ...ends,
    {
      name: 'backends terminated',
      async run() {
        await server.ask('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()')
      },
    },
    {
      name: 'table locked',
      async run(random) {
        const ms = random.below(2 * timeoutMs)
        await server.ask(`begin; lock table sessions; select pg_sleep(${ms / 1000}); commit`)
      },
    },
  ]
}
