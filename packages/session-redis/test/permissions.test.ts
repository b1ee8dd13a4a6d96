import { readFile } from 'node:fs/promises'
import { leastRedisRights, startRedisWith, type RunningService } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
function isBrokenConnection({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET'
}

/** Uses every method of a store as a user with these permissions. Rejects with the first error. */
async function doEverything(granted: readonly string[]): Promise<void> {
  await admin.flushall()
  await admin.script('FLUSH')
  await admin.acl('SETUSER', user, 'reset', 'on', `>${password}`, ...granted)
  const url = new URL(service.url)
  const client = new Redis({
    host: url.hostname,
    port: Number(url.port),
    username: user,
    password,
    retryStrategy: () => 1,
  })
  let refusal: Error | undefined
  client.on('error', (error: NodeJS.ErrnoException) => {
    if (!isBrokenConnection(error)) refusal ??= error
  })
  try {
    await useEverything(client, () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
    if (refusal !== undefined) throw refusal
    // The store or the driver may hide a rejected command, but the server logs it.
    const log = (await admin.call('ACL', 'LOG')) as unknown[]
    if (log.length > 0) throw new Error(`Redis has rejected: ${(log[0] as unknown[]).slice(4, 8).join(' ')}`)
  } finally {
    client.disconnect()
    await admin.call('ACL', 'LOG', 'RESET')
    await admin.acl('DELUSER', user)
  }
}

describe('an ACL user', () => {
  it('can do everything with the permissions in the README', async () => {
    await doEverything(leastRedisRights)
  })

  it('the README lists these permissions', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${leastRedisRights.join(' ')}\``)
  })

  it.each(leastRedisRights)('cannot do everything without %s', async (permission) => {
    await expect(doEverything(leastRedisRights.filter((other) => other !== permission))).rejects.toThrow()
  })
})
