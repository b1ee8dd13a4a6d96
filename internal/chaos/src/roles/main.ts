import { randomUUID } from 'node:crypto'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { memorySessions } from '@bext/session-core/memory'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import postgres from 'postgres'
import { randomFrom } from '../random.js'
import { runRoles } from './run-roles.js'

const seconds = Number(process.argv[2] ?? 30)
const [redis, pg] = await Promise.all([startRedis(), startPostgres()])
const sql = postgres(pg.url, { onnotice: () => undefined })
const table = `roles_${randomUUID().replaceAll('-', '')}`
await migrate(sql, { table })
const stores = {
  memory: memorySessions(),
  redis: redisSessions({ url: redis.url, prefix: `${table}:` }),
  pg: pgSessions({ client: sql, table }),
}
for (const [name, store] of Object.entries(stores)) {
  const report = await runRoles(store, { seconds, random: randomFrom(1), userId: randomUUID() })
  console.log(name, JSON.stringify({ ...report, violations: report.violations.length }))
  for (const line of new Set(report.violations)) console.log(`  ${line}`)
  if (report.violations.length > 0) process.exitCode = 1
}
await stores.redis.close()
await sql.unsafe(`drop table ${table}`)
await sql.end()
await Promise.all([redis.stop(), pg.stop()])
