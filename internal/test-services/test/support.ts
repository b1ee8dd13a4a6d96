import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import createSql from 'postgres'
import { onTestFinished } from 'vitest'
import { postgres } from '../src/postgres.js'
import { redis } from '../src/redis.js'
import type { RunningService, Service } from '../src/service.js'
import { startService } from '../src/start-service.js'
import type { Environment } from '../src/environment.js'

/** Starts the server for one test. */
export async function startForTest(service: Service, environment: Environment): Promise<RunningService> {
  const running = await startService(service, environment)
  onTestFinished(() => running.stop())
  return running
}

/** Makes a folder for one test that only its owner can read. */
export async function privateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'test-services-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface Footprint {
  readonly pid: number
  readonly folder: string
}

/** Opens a connection for one test. */
export function openRedis(url: string): Redis {
  const client = new Redis(url)
  onTestFinished(() => client.disconnect())
  return client
}

/** Opens a connection for one test. */
export function openPostgres(url: string): createSql.Sql {
  const sql = createSql(url, { max: 1 })
  onTestFinished(() => sql.end({ timeout: 0 }))
  return sql
}

export async function footprintOfRedis(url: string): Promise<Footprint> {
  const client = openRedis(url)
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
  const [, folder = ''] = await client.config('GET', 'dir')
  client.disconnect()
  return { pid, folder }
}

export async function footprintOfPostgres(url: string): Promise<Footprint> {
  const sql = openPostgres(url)
  const [row] = await sql<{ data_directory: string }[]>`show data_directory`
  await sql.end()
  const folder = row?.data_directory ?? ''
  return { pid: Number.parseInt(await readFile(join(folder, 'postmaster.pid'), 'utf8'), 10), folder }
}

export const services = [
  { service: redis, footprintOf: footprintOfRedis },
  { service: postgres, footprintOf: footprintOfPostgres },
] as const

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
