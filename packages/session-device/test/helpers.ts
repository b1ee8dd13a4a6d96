import { randomBytes } from 'node:crypto'
import type { ServiceUrls } from '@bext-internal/test-services'
import { openRedisNamespace } from '@bext-internal/test-services/redis-namespace'
import type { SessionPlugin } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import postgres from 'postgres'
import { inject, onTestFinished, vi } from 'vitest'
import { sqliteStore } from './sqlite/store.js'

const postgresUrl: ServiceUrls['postgresUrl'] = inject('postgresUrl')

async function pgStore(): Promise<SessionPlugin> {
  const sql = postgres(postgresUrl, { max: 4, onnotice: () => {} })
  const table = `device_${randomBytes(6).toString('hex')}`
  await migrate(sql, { table })
  onTestFinished(async () => {
    await sql`drop table ${sql(table)}`
    await sql.end({ timeout: 1 })
  })
  return pgSessions({ client: sql, table })
}

export const stores = {
  memory: async () => memorySessions(),
  redis: async () => redisSessions(openRedisNamespace()),
  pg: pgStore,
  sqlite: sqliteStore,
} as const

/** Sets the clock of the process. The timers are those of the system. */
export function advance(ms: number): void {
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    onTestFinished(() => void vi.useRealTimers())
  }
  vi.setSystemTime(Date.now() + ms)
}
