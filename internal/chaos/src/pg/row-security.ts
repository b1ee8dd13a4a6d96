import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgresProcess, type PostgresProcess } from '@bext-internal/test-services'
import { timeoutMs, type Disturbance, type Scenario } from '../scenario.js'
import { migrateAt, openByClient, openByUrl } from './clients.js'

const role = 'app'

// No policy at all, and policies for select and insert only.
const policySets: readonly (readonly string[])[] = [
  [],
  ['reading on sessions for select using (true)', 'adding on sessions for insert with check (true)'],
]

/** Enables row level security for the store's role for a while, with each set of policies in turn. */
function secure(server: PostgresProcess): Disturbance {
  return {
    name: 'row level security',
    async run(random) {
      for (const policies of policySets) {
        for (const policy of policies) await server.ask(`create policy ${policy}`)
        await server.ask('alter table sessions enable row level security')
        await sleep(100 + random.below(timeoutMs / 2))
        await server.ask('alter table sessions disable row level security')
        for (const policy of policies) await server.ask(`drop policy ${policy.split(' for ')[0]}`)
      }
    },
  }
}

/** A server whose row level security hides sessions from the store. */
export const rowSecurity: Scenario = {
  name: 'row-security',
  losesWrites: false,

  async open() {
    const server = await startPostgresProcess()
    await migrateAt(server.url)
    await server.ask(`create role ${role} login`)
    await server.ask(`grant select, insert, update, delete on sessions to ${role}`)
    const url = new URL(server.url)
    url.username = role
    return {
      clients: {
        'own connections': () => openByUrl(url.href),
        'postgres.js': () => openByClient(url.href),
      },
      disturbances: [secure(server)],
      close: () => server.stop(),
    }
  },
}
