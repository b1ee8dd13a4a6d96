import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../src/free-port.js'
import { postgres } from '../src/postgres.js'
import { redis } from '../src/redis.js'
import { startService } from '../src/start-service.js'
import { emptyMachine, ownProcesses } from './machines.js'
import { isAlive, openPostgres, openRedis, privateFolder, services, startForTest } from './support.js'

vi.setConfig({ testTimeout: 120_000 })

test('a started Redis answers, persists nothing and evicts nothing', async () => {
  const running = await startForTest(redis, ownProcesses)
  expect(['local', 'registry']).toContain(running.origin)
  const client = openRedis(running.url)
  expect(await client.set('key', 'value')).toBe('OK')
  expect(await client.config('GET', 'save')).toEqual(['save', ''])
  expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'no'])
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
  expect(await client.config('GET', 'bind')).toEqual(['bind', '127.0.0.1'])
})

test('a started PostgreSQL answers, in UTF-8, in a separate database', async () => {
  const running = await startForTest(postgres, ownProcesses)
  expect(['local', 'registry']).toContain(running.origin)
  const sql = openPostgres(running.url)
  const settings = await sql`
    select current_user as user, current_database() as database,
      current_setting('server_encoding') as encoding, current_setting('listen_addresses') as addresses,
      current_setting('unix_socket_directories') as sockets, current_setting('max_connections') as connections`
  expect(settings).toEqual([
    { user: 'bext', database: 'bext', encoding: 'UTF8', addresses: '127.0.0.1', sockets: '', connections: '200' },
  ])
})

describe.each(services)('$service.name', ({ service, footprintOf }) => {
  test('stop() ends the process and removes the folder, and can be called again', async () => {
    const running = await startForTest(service, ownProcesses)
    const { pid, folder } = await footprintOf(running.url)
    expect(isAlive(pid)).toBe(true)
    expect(existsSync(folder)).toBe(true)
    await running.stop()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(folder)).toBe(false)
    await running.stop()
  })

  test('two servers run side by side', async () => {
    const [one, other] = await Promise.all([startForTest(service, ownProcesses), startForTest(service, ownProcesses)])
    expect(one.url).not.toBe(other.url)
  })

  test('a port that was taken meanwhile is replaced by another port', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void squatter.close())
    await once(squatter, 'listening')
    const taken = (squatter.address() as AddressInfo).port
    const ports = [taken]
    const running = await startForTest(service, {
      ...ownProcesses,
      findFreePort: async () => ports.pop() ?? findFreePort(),
    })
    expect(ports).toEqual([])
    expect(new URL(running.url).port).not.toBe(String(taken))
  })

  test('the error of a server that does not start contains its output', async () => {
    const folder = await privateFolder()
    for (const name of ['redis-server', 'initdb', 'postgres']) {
      await writeFile(join(folder, name), '#!/bin/sh\necho this one is broken\nexit 3\n')
      await chmod(join(folder, name), 0o755)
    }
    const broken = { ...emptyMachine, redisPlaces: [folder], postgresPlaces: [folder] }
    await expect(startService(service, broken)).rejects.toThrow(/- local: .*ended with code 3:\nthis one is broken/)
  })
})
