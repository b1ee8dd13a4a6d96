import { readFile } from 'node:fs/promises'
import { leastRedisRights, startRedisWith, type RunningService } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisClient } from '@bext/session-redis'
import { useEverything } from './helpers/use-everything.js'

const user = 'app'
const password = 'secret'

let service: RunningService
let admin: Redis

beforeAll(async () => {
  service = await startRedisWith([])
  admin = new Redis(service.url)
})

afterAll(async () => {
  admin?.disconnect()
  await service?.stop()
})

/** Returns whether a connection that the test ends caused the error: the client wrote to it, or read from it. */
function isBrokenConnection({ code, message }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET' || message === 'Socket closed unexpectedly'
}

/** A client of the user, which calls `onError` for errors of its connection. */
type OpenClient = (onError: (error: NodeJS.ErrnoException) => void) => {
  readonly client: RedisClient
  readonly close: () => unknown
}

function openIoredis(onError: (error: NodeJS.ErrnoException) => void): ReturnType<OpenClient> {
  const { hostname: host, port } = new URL(service.url)
  const client = new Redis({ host, port: Number(port), username: user, password, retryStrategy: () => 1 })
  client.on('error', onError)
  return { client, close: () => client.disconnect() }
}

function openNodeRedis(onError: (error: NodeJS.ErrnoException) => void): ReturnType<OpenClient> {
  const client = createClient({ url: service.url, username: user, password })
  client.on('error', onError)
  client.connect().catch(() => {})
  return { client, close: () => client.destroy() }
}

/** Uses every method of a store as a user with these permissions. Rejects with the first error. */
async function doEverything(granted: readonly string[], open: OpenClient = openIoredis): Promise<void> {
  await admin.flushall()
  await admin.script('FLUSH')
  await admin.acl('SETUSER', user, 'reset', 'on', `>${password}`, ...granted)
  let refusal: Error | undefined
  const { client, close } = open((error) => {
    if (!isBrokenConnection(error)) refusal ??= error
  })
  try {
    await useEverything(client, () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
    if (refusal !== undefined) throw refusal
    // The store or the driver may hide a rejected command, but the server logs it.
    const log = (await admin.call('ACL', 'LOG')) as unknown[]
    if (log.length > 0) throw new Error(`Redis has rejected: ${(log[0] as unknown[]).slice(4, 8).join(' ')}`)
  } finally {
    await close()
    await admin.call('ACL', 'LOG', 'RESET')
    await admin.acl('DELUSER', user)
  }
}

describe('an ACL user', () => {
  it('can do everything with the permissions in the README', async () => {
    await doEverything(leastRedisRights)
  })

  it('can do everything with them over node-redis', async () => {
    await doEverything(leastRedisRights, openNodeRedis)
  })

  it('the README lists these permissions', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${leastRedisRights.join(' ')}\``)
  })

  it.each(leastRedisRights)('cannot do everything without %s', async (permission) => {
    await expect(doEverything(leastRedisRights.filter((other) => other !== permission))).rejects.toThrow()
  })
})
