import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startRedisProcess, startRedisWith, waitUntil } from '@bext-internal/test-services'
import { Redis } from 'ioredis'

/** A separate Redis server for one test file. */
export interface Server {
  readonly port: number
  readonly url: string
  /** A client of this server. */
  readonly raw: Redis
  stop(): Promise<void>
}

export async function startServer(settings: readonly string[] = []): Promise<Server> {
  const service = await startRedisWith(settings)
  const { url } = service
  const raw = new Redis(url)
  raw.on('error', () => {})
  return {
    port: Number(new URL(url).port),
    url,
    raw,
    async stop() {
      raw.disconnect()
      await service.stop()
    },
  }
}

function untilInfo(client: Redis, line: string): Promise<void> {
  return waitUntil(async () => {
    if (!(await client.info('persistence')).includes(line)) throw new Error(`INFO does not say ${line}.`)
  }, 10_000)
}

/** Starts a server that cannot write to its disk and therefore rejects writes. */
export async function startUnsavable(): Promise<{ readonly client: Redis; readonly stop: () => Promise<void> }> {
  const server = await startRedisProcess()
  const client = new Redis(server.url)
  client.on('error', () => {})
  const [, folder = ''] = await client.config('GET', 'dir')
  const [, file = ''] = await client.config('GET', 'dbfilename')
  // A folder where the file should be.
  await mkdir(join(folder, file), { recursive: true })
  await client.config('SET', 'save', '3600 1000000')
  await client.bgsave()
  await untilInfo(client, 'rdb_last_bgsave_status:err')
  return {
    client,
    async stop() {
      client.disconnect()
      await server.stop()
    },
  }
}

/** Starts a server that takes a long time to load its data. */
export async function startLoading(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = await startRedisProcess({ settings: ['--enable-debug-command', 'yes'] })
  const client = new Redis(server.url, { enableReadyCheck: false })
  client.on('error', () => {})
  await client.mset(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key ${n}`, 'x'.repeat(400)])))
  await client.config('SET', 'key-load-delay', '10000')
  await client.config('SET', 'loading-process-events-interval-bytes', '1024')
  client.call('DEBUG', 'RELOAD').catch(() => {})
  const other = new Redis(server.url, { enableReadyCheck: false })
  other.on('error', () => {})
  await untilInfo(other, 'loading:1')
  return {
    url: server.url,
    async stop() {
      for (const each of [client, other]) each.disconnect()
      await server.kill()
      await server.stop()
    },
  }
}
