import { readFile } from 'node:fs/promises'
import { startRedisWith, type RunningService } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'

const prefix = 'session:'
const user = 'app'
const password = 'secret'

/** The least that an ACL user needs, as the README has it. `info` is what the driver asks for. */
const rights = [
  '~session:*',
  '+get',
  '+mget',
  '+getrange',
  '+zrange',
  '+evalsha',
  '+eval',
  '+time',
  '+ping',
  '+set',
  '+setrange',
  '+pexpireat',
  '+del',
  '+zadd',
  '+zrem',
  '+zremrangebyscore',
  '+info',
] as const

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
  const store = redisSessions({ client, prefix, timeoutMs: 2000 })
  try {
    if (!(await store.isHealthy())) throw new Error('The store is not healthy.')
    const anonymous = await store.create({ dataJson: '1', ttlMs: 60_000 })
    await store.update(anonymous, '2')
    await store.updateIfUnchanged(anonymous, '2', '3')
    await store.touch(anonymous, 90_000)
    await store.delete(anonymous)
    const ids = await Promise.all([1, 2, 3].map(() => store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })))
    await Promise.all(ids.map((id) => store.touch(id, 9_000_000)))
    await Promise.all(ids.map((id) => store.read(id)))
    const [first] = await store.listUserSessions('u')
    await store.endUserSession('u', first?.handle ?? '')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await expect.poll(() => store.isHealthy(), { timeout: 5000 }).toBe(true)
    await store.endUserSessions('u')
    expect(await store.listUserSessions('u')).toEqual([])
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
    await doEverything(rights)
  })

  it('is what the README describes', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${rights.join(' ')}\``)
  })

  it.each(rights)('needs %s', async (right) => {
    await expect(doEverything(rights.filter((other) => other !== right))).rejects.toThrow()
  })
})
