// Starts both servers from downloaded binaries and queries their versions. Slow, and needs a network.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { startPostgres, startRedis } from '../src/index.js'

const cache = await mkdtemp(join(tmpdir(), 'bext-registry-'))
process.env['BEXT_TEST_SERVICES'] = 'registry'
process.env['BEXT_TEST_SERVICES_CACHE'] = cache

async function proveRedis(): Promise<string> {
  const service = await startRedis()
  const redis = new Redis(service.url)
  const version = /redis_version:(.*)\r/.exec(await redis.info('server'))?.[1]
  redis.disconnect()
  await service.stop()
  return `Redis ${version}, ${service.origin}`
}

async function provePostgres(): Promise<string> {
  const service = await startPostgres()
  const sql = postgres(service.url)
  const [row] = await sql`select version()`
  await sql.end()
  await service.stop()
  return `${row?.['version']}, ${service.origin}`
}

try {
  for (const round of ['downloaded', 'from the cache']) {
    const startMs = performance.now()
    const proofs = await Promise.all([proveRedis(), provePostgres()])
    console.log(`${round}, ${Math.round(performance.now() - startMs)} ms:\n  ${proofs.join('\n  ')}`)
  }
} finally {
  await rm(cache, { recursive: true, force: true })
}
