import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../src/free-port.js'
import { postgres } from '../src/postgres.js'
import { redis } from '../src/redis.js'
import type { RunningService, Service } from '../src/service.js'
import { startService } from '../src/start-service.js'
import { ownProcesses } from './machines.js'
import { isAlive, openRedis, services, startForTest } from './support.js'

vi.setConfig({ testTimeout: 120_000 })

function startGiven(service: Service, url: string): Promise<RunningService> {
  return startService(service, { ...ownProcesses, env: { ...ownProcesses.env, [service.urlVariable]: url } })
}

async function failureOf(service: Service, url: string): Promise<string> {
  const error: unknown = await startGiven(service, url).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Error)
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
  return (error as Error).message
}

describe.each(services)('$service.name', ({ service, footprintOf }) => {
  const scheme = service.schemes[0] ?? ''

  test('a server that answers is used, and stop() does not stop it', async () => {
    const { url } = await startForTest(service, ownProcesses)
    const given = await startGiven(service, url)
    expect(given).toMatchObject({ url, origin: 'url' })
    await given.stop()
    expect(isAlive((await footprintOf(url)).pid)).toBe(true)
  })

  test('the error for a missing server names the server, its address and a remedy, without the password', async () => {
    const port = await findFreePort()
    const message = await failureOf(service, `${scheme}//someone:hunter2@127.0.0.1:${port}/0`)
    expect(message).toContain(`${service.urlVariable} names a ${service.name} server at 127.0.0.1:${port}`)
    expect(message).toContain('ECONNREFUSED')
    expect(message).toContain(`Start that server, correct the URL, or unset ${service.urlVariable}`)
  })

  test.each(['hunter2', 'http://someone:hunter2@127.0.0.1/', `${scheme}hunter2`, `${scheme}//hunter2:hunter2@:1/`])(
    'what is not the URL of such a server is said to be none (%#)',
    async (text) => {
      const expected = `${service.urlVariable} is not the URL of a ${service.name} server; expected one such as`
      expect(await failureOf(service, text)).toContain(expected)
    },
  )
})

test('a server that never answers is rejected in time', async () => {
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const messages = await Promise.all([
    failureOf(redis, `redis://:hunter2@127.0.0.1:${port}`),
    failureOf(postgres, `postgres://someone:hunter2@127.0.0.1:${port}/database`),
  ])
  for (const message of messages) expect(message).toContain(`server at 127.0.0.1:${port}, which does not let us in`)
})

test('a Redis with a password is accepted only with that password', async () => {
  const { url } = await startForTest(redis, ownProcesses)
  await openRedis(url).config('SET', 'requirepass', 'open sesame')
  const { host } = new URL(url)
  expect((await startGiven(redis, `redis://:open%20sesame@${host}`)).origin).toBe('url')
  expect((await startGiven(redis, `redis://default:open%20sesame@${host}`)).origin).toBe('url')
  expect(await failureOf(redis, `redis://:hunter2@${host}`)).toContain('WRONGPASS')
  expect(await failureOf(redis, url)).toContain('NOAUTH')
})

test('a PostgreSQL without the database of the URL is rejected', async () => {
  const { url } = await startForTest(postgres, ownProcesses)
  const elsewhere = new URL(url)
  elsewhere.pathname = '/elsewhere'
  elsewhere.password = 'hunter2'
  expect(await failureOf(postgres, elsewhere.href)).toContain('database "elsewhere" does not exist')
})
