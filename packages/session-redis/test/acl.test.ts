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

/** Does everything that a store can do as a user with these rights, and rejects with the first refusal. */
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
  client.on('error', (error) => {
    refusal ??= error
  })
  try {
    await useEverything(client, () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
    if (refusal !== undefined) throw refusal
    // Answers that the store or the driver makes up for would still fill the server's log of refusals.
    const log = (await admin.call('ACL', 'LOG')) as unknown[]
    if (log.length > 0) throw new Error(`Redis has refused: ${(log[0] as unknown[]).slice(4, 8).join(' ')}`)
  } finally {
    client.disconnect()
    await admin.call('ACL', 'LOG', 'RESET')
    await admin.acl('DELUSER', user)
  }
}

describe('an ACL user', () => {
  it('needs no more than what the README names', async () => {
    await doEverything(leastRedisRights)
  })

  it('is what the README describes', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${leastRedisRights.join(' ')}\``)
  })

  it.each(leastRedisRights)('needs %s', async (right) => {
    await expect(doEverything(leastRedisRights.filter((other) => other !== right))).rejects.toThrow()
  })
})
