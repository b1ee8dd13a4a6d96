import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintSessionId } from '@bext/session-core'
import type { Finding } from '@bext/session-core/doctor'
import { diagnoseRedis, redisSessions } from '@bext/session-redis'
import { startRedisProcess } from '@bext-internal/test-services'
import { runDoctor } from './helpers/run-doctor.js'
import { stepClient } from './helpers/stepping-client.js'
import { startLoading, startServer, startUnsavable, type Server } from './helpers/servers.js'

const safe = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  socketTimeout: 5000,
}

let server: Server
let client: Redis

beforeAll(async () => {
  server = await startServer(['--appendonly', 'no', '--save', ''])
  client = new Redis(server.url, safe)
})

afterAll(async () => {
  client?.disconnect()
  await server?.stop()
})

beforeEach(async () => {
  await server.raw.flushall()
})

async function findingsAbout(subject: string): Promise<readonly Finding[]> {
  const findings = await diagnoseRedis(client)
  return findings.filter((finding) => finding.subject === subject)
}

describe('the doctor', () => {
  it('finds no problem after normal use of the store', async () => {
    const store = redisSessions({ client })
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    await store.create({ dataJson: '{}', ttlMs: 60_000 })
    await store.touch(id, 9_000_000)
    const findings = await diagnoseRedis(client)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    expect(await findingsAbout('keys')).toMatchObject([
      { level: 'ok', found: '2 sessions and 1 index entries were checked' },
    ])
  })

  it('reports an eviction policy, as a problem only if memory is limited', async () => {
    await server.raw.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await findingsAbout('eviction')).toMatchObject([{ level: 'warning' }])
    await server.raw.config('SET', 'maxmemory', '100mb')
    expect(await findingsAbout('eviction')).toMatchObject([
      { level: 'problem', found: 'maxmemory-policy is allkeys-lru' },
    ])
    await server.raw.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await findingsAbout('eviction')).toMatchObject([{ level: 'ok' }])
    await server.raw.config('SET', 'maxmemory', '0')
  })

  it('reports memory that is full or nearly full', async () => {
    const used = Number(/^used_memory:(\d+)/m.exec(await server.raw.info('memory'))?.[1])
    await server.raw.config('SET', 'maxmemory', '1gb')
    expect(await findingsAbout('memory')).toMatchObject([{ level: 'ok' }])
    await server.raw.config('SET', 'maxmemory', String(Math.ceil(used * 1.05)))
    expect(await findingsAbout('memory')).toMatchObject([{ level: 'warning' }])
    await server.raw.config('SET', 'maxmemory', '1')
    expect(await findingsAbout('memory')).toMatchObject([
      { level: 'problem', why: expect.stringContaining('rejects new sessions') as string },
    ])
    await server.raw.config('SET', 'maxmemory', '0')
  })

  it('reports missing replicas if writes need them', async () => {
    await server.raw.config('SET', 'min-replicas-to-write', '1')
    expect(await findingsAbout('replicas')).toMatchObject([
      { level: 'problem', found: '0 of at least 1 replicas keep up' },
    ])
    await server.raw.config('SET', 'min-replicas-to-write', '0')
    expect(await findingsAbout('replicas')).toEqual([])
  })

  it('reports a server that cannot save and even rejects PING', async () => {
    const { client: own, stop } = await startUnsavable()
    try {
      const findings = await diagnoseRedis(own)
      expect(findings).toContainEqual(
        expect.objectContaining({ level: 'problem', subject: 'persistence', found: 'the last snapshot failed' }),
      )
      expect(findings.find(({ subject }) => subject === 'eviction')).toMatchObject({ level: 'ok' })
      expect(await redisSessions({ client: own }).isHealthy()).toBe(false)
    } finally {
      await stop()
    }
  })

  it('reports a server that is loading its data', async () => {
    const loading = await startLoading()
    try {
      const { code, stdout } = await runDoctor('doctor', loading.url)
      expect(stdout).toContain('the server is loading its data')
      expect(code).toBe(1)
    } finally {
      await loading.stop()
    }
  })

  it('reports the loss that each persistence setting allows', async () => {
    expect(await findingsAbout('persistence')).toMatchObject([
      { level: 'warning', why: 'A restart ends all sessions.' },
    ])
    await server.raw.config('SET', 'save', '60 1')
    expect(await findingsAbout('persistence')).toMatchObject([{ level: 'warning', found: 'appendonly no, snapshots' }])
    await server.raw.config('SET', 'appendonly', 'yes')
    expect(await findingsAbout('persistence')).toMatchObject([{ why: 'A crash loses about the last second.' }])
    await server.raw.config('SET', 'appendfsync', 'always')
    expect(await findingsAbout('persistence')).toMatchObject([{ level: 'ok' }])
    await server.raw.config('SET', 'appendonly', 'no')
    await server.raw.config('SET', 'save', '')
  })

  it('finds keys that never expire, and keys that are not sessions', async () => {
    const store = redisSessions({ client })
    await store.create({ dataJson: '{}', ttlMs: 60_000 })
    const [key = ''] = await server.raw.keys('session:*')
    await server.raw.persist(key)
    await server.raw.set(`session:${'A'.repeat(43)}`, 'hello', 'EX', 60)
    expect(await findingsAbout('keys')).toMatchObject([
      { level: 'ok', found: '2 sessions and 0 index entries were checked' },
      { level: 'problem', found: '1 keys have names of the store but hold something else' },
      { level: 'problem', found: '1 keys never expire' },
    ])
  })

  it('finds entries without sessions, and sessions without entries', async () => {
    const store = redisSessions({ client })
    const ttlMs = 30 * 24 * 3_600_000
    await store.create({ userId: 'ann', dataJson: '{}', ttlMs })
    await store.create({ userId: 'ann', dataJson: '{}', ttlMs })
    const keys = await server.raw.keys('session:*')
    const session = keys.find((key) => !key.includes('user:')) ?? ''
    await server.raw.del(session)
    expect(await findingsAbout('user index')).toMatchObject([
      { level: 'warning', found: '1 of 2 entries are of missing sessions' },
    ])
    await server.raw.del(keys.find((key) => key.includes('user:')) ?? '')
    expect(await findingsAbout('user index')).toMatchObject([
      { level: 'problem', found: "1 sessions are missing from their user's index" },
    ])
  })

  it('finds the entry of a session under a given id, and its loss', async () => {
    await redisSessions({ client }).createWithId(mintSessionId(), { userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    expect(await findingsAbout('user index')).toEqual([])
    await server.raw.del(await server.raw.keys('session:user:*'))
    expect(await findingsAbout('user index')).toMatchObject([
      { level: 'problem', found: "1 sessions are missing from their user's index" },
    ])
  })

  it('takes no session that is being deleted for one that is missing from the index', async () => {
    let found: readonly Finding[] | undefined
    const stepping = stepClient(client, async (step, reply) => {
      if (step !== 1) return reply
      await server.raw.del(await server.raw.keys('session:user:*'))
      expect(await server.raw.dbsize()).toBe(1)
      found = [...(await findingsAbout('user index')), ...(await findingsAbout('keys'))]
      return reply
    })
    const store = redisSessions({ client })
    const create = () => store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const [loading, id] = await Promise.all([create(), create()])
    await store.delete(loading)
    await redisSessions({ client: stepping, timeoutMs: 20_000 }).delete(id)
    expect(found).toMatchObject([{ level: 'ok', found: '0 sessions and 0 index entries were checked' }])
  })

  it('accepts entries that outlive a session by the usual time', async () => {
    const store = redisSessions({ client })
    await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 1 })
    await expect.poll(() => server.raw.keys('session:*')).toHaveLength(1)
    expect(await findingsAbout('user index')).toEqual([])
  })

  it('finds a session whose entry expires before it', async () => {
    const store = redisSessions({ client })
    await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const [index = ''] = await server.raw.keys('session:user:*')
    const [member = ''] = await server.raw.zrange(index, '0', '-1')
    await server.raw.zadd(index, Date.now() + 30_000, member)
    expect(await findingsAbout('user index')).toMatchObject([{ level: 'problem' }])
  })

  it('continues after keys of other types', async () => {
    const store = redisSessions({ client })
    await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const [index = ''] = await server.raw.keys('session:user:*')
    await server.raw.set(index, 'hello', 'EX', 60)
    await server.raw.hset(`session:${'A'.repeat(43)}`, 'a', 'b')
    expect((await findingsAbout('keys')).map(({ found }) => found)).toContain(
      '2 keys have names of the store but hold something else',
    )
    expect(await findingsAbout('user index')).toMatchObject([
      { level: 'problem', found: "1 sessions are missing from their user's index" },
    ])
  })

  it('scans no more than maxKeys keys, including those of other applications', async () => {
    await server.raw.mset(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`other:${n}`, '1'])))
    await server.raw.config('RESETSTAT')
    const findings = await diagnoseRedis(client, { maxKeys: 1000 })
    expect(await server.raw.info('commandstats')).toContain('cmdstat_scan:calls=2,')
    expect(findings.find(({ subject }) => subject === 'keys')?.found).toContain('but not all keys')
  })

  it('waits for a client without an offline queue to connect', async () => {
    for (const lazyConnect of [true, false]) {
      const fresh = new Redis(server.url, { ...safe, enableOfflineQueue: false, lazyConnect })
      const findings = await diagnoseRedis(fresh)
      fresh.disconnect()
      expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    }
  })

  it('reports a replica, and rejects if the server stops responding', async () => {
    const replica = await startRedisProcess()
    const other = new Redis(replica.url, { ...safe, enableOfflineQueue: false, retryStrategy: () => null })
    other.on('error', () => {})
    try {
      await replica.ask('REPLICAOF', '127.0.0.1', String(server.port))
      const findings = await diagnoseRedis(other)
      expect(findings).toContainEqual(expect.objectContaining({ level: 'problem', subject: 'role' }))
      await other.call('CLIENT', 'PAUSE', '60000', 'ALL')
      await expect(diagnoseRedis(other, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'Backend' })
    } finally {
      other.disconnect()
      await replica.stop()
    }
  })

  it('reports client settings, and checks that the user may not run', async () => {
    expect(await findingsAbout('client')).toMatchObject([{ level: 'warning', found: 'offline-queue' }])
    await server.raw.acl('SETUSER', 'poor', 'reset', 'on', '>pw', '~*', '+@all', '-info', '-config', '-scan')
    const url = new URL(server.url)
    url.username = 'poor'
    url.password = 'pw'
    const poor = new Redis(url.href, { ...safe, enableReadyCheck: false })
    const findings = await diagnoseRedis(poor)
    poor.disconnect()
    expect(findings.filter(({ found }) => found === 'not checked').map(({ subject }) => subject)).toEqual([
      'server',
      'keys',
    ])
  })

  it('checks only keys with the prefixes of the store and the client', async () => {
    const prefixed = new Redis(server.url, { ...safe, keyPrefix: 'app[1]:' })
    const store = redisSessions({ client: prefixed, prefix: 's*:' })
    await Promise.all(Array.from({ length: 5 }, () => store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })))
    await redisSessions({ client }).create({ dataJson: '{}', ttlMs: 60_000 })
    const findings = await diagnoseRedis(prefixed, { prefix: 's*:' })
    prefixed.disconnect()
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    expect(findings.find(({ subject }) => subject === 'keys')?.found).toBe(
      '5 sessions and 5 index entries were checked',
    )
  })

  it('findings contain no id, user id or data', async () => {
    const store = redisSessions({ client })
    const id = await store.create({ userId: 'ann', dataJson: '"secret"', ttlMs: 60_000 })
    const [key = ''] = await server.raw.keys('session:*')
    await server.raw.persist(key)
    const text = JSON.stringify(await diagnoseRedis(client))
    for (const word of [id, 'ann', 'secret', key.slice('session:'.length)]) expect(text).not.toContain(word)
  })

  it('rejects wrong options', async () => {
    await expect(diagnoseRedis(client, { maxKeys: 0 })).rejects.toThrow(TypeError)
    await expect(diagnoseRedis(client, { prefix: '' })).rejects.toThrow('diagnoseRedis: option prefix')
    await expect(diagnoseRedis({} as Redis)).rejects.toThrow(TypeError)
    await expect(diagnoseRedis(client, { maxkeys: 1 } as object)).rejects.toThrow('there is no option "maxkeys"')
  })
})
