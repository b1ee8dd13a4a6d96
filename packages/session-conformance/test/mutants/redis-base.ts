import { createHash, randomBytes } from 'node:crypto'
import type { SessionId, SessionPlugin, SessionRecord, UserIndexCapability } from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import { createWriteFence, withinDeadline } from '@bext/session-core/store-helpers'
import type { RedisOptions } from 'ioredis'
import { Redis } from 'ioredis'
import type { Endpoint, StoreHarness } from '../../src/index.js'
import type { Checks } from './checks.js'
import { maxDataBytes, rightChecks } from './checks.js'
import { notFound } from './server-base.js'

/** A server-backed store over Redis as steps that can be replaced. A value is `created expires =user\ndata`. */
export interface RedisSteps extends SessionPlugin, UserIndexCapability, Checks {
  readonly client: Redis
  readonly prefix: string
  readonly timeoutMs: number
  readonly checkId: (id: unknown) => string
  readonly hashOf: (id: string) => string
  readonly keyOf: (id: string) => string
  readonly indexOf: (userId: string) => string
  /** Runs a script on a session's key and the prefix of indexes. Resolves to `late` if the deadline had passed. */
  readonly write: (script: string, key: string, ...args: readonly (string | number)[]) => Promise<string>
  /** Settles within the deadline. Rejects with a `SessionError` if the work fails. */
  readonly bounded: <T>(work: () => Promise<T>) => Promise<T>
  readonly answer: (id: SessionId, outcome: string) => SessionId
  readonly toRecord: (id: SessionId, value: string) => SessionRecord
}

export type RedisMutation = (right: RedisSteps) => Partial<RedisSteps>

const inTime = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local key, prefix, notAfter = KEYS[1], ARGV[1], tonumber(ARGV[2])
if now >= notAfter then return {now, 'late'} end
`

const head = `${inTime}
local value = redis.call('GET', key)
if value and tonumber(string.sub(value, 15, 27)) <= now then value = false end
local function index(of) return prefix .. 'user:' .. string.match(of, '^%d+ %d+ =(%S*)') end
local hash = string.sub(key, #prefix + 1)
local function extend(of, ends)
  if redis.call('PEXPIRETIME', of) < ends then redis.call('PEXPIREAT', of, ends) end
end
`

export const scripts = {
  create: `${head}
    if value then return {now, 'taken'} end
    local ends = now + tonumber(ARGV[3])
    value = now .. ' ' .. ends .. ' ' .. ARGV[4]
    redis.call('SET', key, value, 'PXAT', ends)
    if string.find(value, '^%d+ %d+ =') then
      redis.call('ZADD', index(value), now, hash)
      extend(index(value), ends)
    end
    return {now, 'done'}`,
  update: `${head}
    if not value then return {now, 'missing'} end
    local line = string.find(value, '\\n', 1, true)
    redis.call('SET', key, string.sub(value, 1, line) .. ARGV[3], 'KEEPTTL')
    return {now, 'done'}`,
  touch: `${head}
    if not value then return {now, 'missing'} end
    local ends = now + tonumber(ARGV[3])
    redis.call('SET', key, string.sub(value, 1, 14) .. ends .. string.sub(value, 28), 'PXAT', ends)
    if string.find(value, '^%d+ %d+ =') then extend(index(value), ends) end
    return {now, 'done'}`,
  delete: `${head}
    if value and string.find(value, '^%d+ %d+ =') then redis.call('ZREM', index(value), hash) end
    redis.call('DEL', key)
    return {now, 'done'}`,
  end: `${inTime}
    for _, each in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if each ~= ARGV[3] and (ARGV[4] == '' or ARGV[4] == each) then
        redis.call('DEL', prefix .. each)
        redis.call('ZREM', key, each)
      end
    end
    return {now, 'done'}`,
  list: `
    local listed = {}
    for _, each in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
      local value = redis.call('GET', ARGV[1] .. each)
      if value then table.insert(listed, each .. ' ' .. string.sub(value, 1, 27)) end
    end
    return listed`,
} as const

function rightSteps(self: RedisSteps, client: Redis, prefix: string, timeoutMs: number): RedisSteps {
  const fence = createWriteFence(async () => {
    const [seconds, micros] = await client.time()
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  })
  return {
    ...rightChecks(self),
    name: 'mutant redis',
    client,
    prefix,
    timeoutMs,
    checkTtl(ttlMs) {
      if (typeof ttlMs === 'number' && ttlMs > 10 ** 12) throw new SessionError('bad_argument', 'ttlMs is too large.')
      return rightChecks(self).checkTtl(ttlMs)
    },
    checkId(id) {
      if (typeof id === 'string' && /^[0-9a-f]{48}$/.test(id) && id.length === 48) return id
      throw new SessionError('malformed', 'The id is malformed.')
    },
    hashOf: (id) => createHash('sha256').update(id).digest('hex'),
    keyOf: (id) => prefix + self.hashOf(id),
    indexOf: (userId) => `${prefix}user:${Buffer.from(userId).toString('base64url')}`,
    bounded: (work) => withinDeadline(timeoutMs, work),
    write: (script, key, ...args) =>
      withinDeadline(timeoutMs, (deadline) =>
        fence.write(deadline, async (notAfterMs) => {
          const reply = (await client.eval(script, 1, key, prefix, notAfterMs, ...args)) as [number, string]
          return { serverNowMs: reply[0], outcome: reply[1] }
        }),
      ),
    answer(id, outcome) {
      if (outcome === 'missing') throw notFound()
      return id
    },
    toRecord(id, value) {
      const line = value.indexOf('\n')
      const [createdAtMs, expiresAtMs, user] = value.slice(0, line).split(' ')
      return {
        id,
        userId: user?.startsWith('=') ? Buffer.from(user.slice(1), 'base64url').toString() : undefined,
        dataJson: value.slice(line + 1),
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
      }
    },

    async create(options) {
      const { userId, dataJson, ttlMs } = self.checkOptions(options)
      const user = userId === undefined ? '-' : `=${Buffer.from(userId).toString('base64url')}`
      for (;;) {
        const id = randomBytes(24).toString('hex')
        const outcome = await self.write(scripts.create, self.keyOf(id), ttlMs, `${user}\n${dataJson}`)
        if (outcome !== 'taken') return self.answer(asSessionId(id), outcome)
      }
    },
    async read(id) {
      const key = self.keyOf(self.checkId(id))
      const value = await self.bounded(() => client.get(key))
      if (value === null) throw notFound()
      return self.toRecord(id, value)
    },
    async update(id, dataJson) {
      const checked = self.checkData(dataJson)
      return self.answer(id, await self.write(scripts.update, self.keyOf(self.checkId(id)), checked))
    },
    async touch(id, ttlMs) {
      const checked = self.checkTtl(ttlMs)
      return self.answer(id, await self.write(scripts.touch, self.keyOf(self.checkId(id)), checked))
    },
    async delete(id) {
      if (typeof id === 'string' && id.length === 48) await self.write(scripts.delete, self.keyOf(id))
    },
    isHealthy: () =>
      self
        .bounded(() => client.ping())
        .then(
          () => true,
          () => false,
        ),

    async listUserSessions(userId) {
      const listed = (await self.bounded(() => client.eval(scripts.list, 1, self.indexOf(userId), prefix))) as string[]
      return listed.map((line) => {
        const [handle = '', createdAtMs, expiresAtMs] = line.split(' ')
        return { handle, createdAtMs: Number(createdAtMs), expiresAtMs: Number(expiresAtMs) }
      })
    },
    async endUserSession(userId, handle) {
      if (handle !== '') await self.write(scripts.end, self.indexOf(userId), '', handle)
    },
    async endUserSessions(userId, { except } = {}) {
      await self.write(scripts.end, self.indexOf(userId), except === undefined ? '' : self.hashOf(except), '')
    },
  }
}

/** A Redis server for the mutants: an administrator's client, and one prefix for the keys of all of them. */
export interface RedisServer {
  readonly url: URL
  readonly admin: Redis
  readonly root: string
  close(): Promise<void>
}

export async function keysOf(admin: Redis, pattern: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const batch of admin.scanStream({ match: pattern, count: 1000 })) keys.push(...(batch as string[]))
  return keys
}

export function useRedis(url: string): RedisServer {
  const admin = new Redis(url)
  const root = `mutants${randomBytes(6).toString('hex')}:`
  return {
    url: new URL(url),
    admin,
    root,
    async close() {
      const keys = await keysOf(admin, `${root}*`)
      if (keys.length > 0) await admin.del(...keys)
      admin.disconnect()
    },
  }
}

type DriverOptions = Pick<
  RedisOptions,
  'autoResendUnfulfilledCommands' | 'commandTimeout' | 'enableOfflineQueue' | 'maxRetriesPerRequest' | 'retryStrategy'
>

export interface RedisHarnessOptions {
  /** Returns driver options that break deadlines. */
  readonly driver?: (timeoutMs: number) => DriverOptions
  readonly harness?: Partial<StoreHarness>
}

/** Makes calls fail at once without a connection, so that nothing is queued. */
function rightDriver(): DriverOptions {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => 30,
  }
}

async function connect(url: URL, endpoint: Endpoint | undefined, options: DriverOptions): Promise<Redis> {
  const through = new URL(url)
  if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
  const client = new Redis(through.href, options)
  // Errors of the connection reject the calls. Without a listener, they would also be logged.
  client.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    client.once('ready', () => resolve())
    client.once('error', () => resolve())
  })
  return client
}

async function show(admin: Redis, key: string): Promise<string> {
  const isText = (await admin.type(key)) === 'string'
  return `${key} ${String(isText ? await admin.get(key) : await admin.dump(key))}`
}

/** Makes a harness of a Redis store that `open` creates for a client. */
export function redisHarnessOf(
  name: string,
  { url, admin, root }: RedisServer,
  makeStore: (client: Redis, prefix: string, timeoutMs: number) => SessionPlugin,
  { driver = rightDriver, harness = {} }: RedisHarnessOptions = {},
): StoreHarness {
  return {
    name,
    family: 'server',
    capabilities: ['user-index'],
    declarations: { maxDataBytes },
    endpoint: { host: url.hostname, port: Number(url.port || 6379) },
    async open({ namespace, endpoint, timeoutMs = 2000 }) {
      const client = await connect(url, endpoint, driver(timeoutMs))
      return { store: makeStore(client, `${root}${namespace}:`, timeoutMs), close: async () => client.disconnect() }
    },
    inspect: async (namespace) =>
      Promise.all((await keysOf(admin, `${root}${namespace}:*`)).map((key) => show(admin, key))),
    ...harness,
  }
}

/** Makes a harness of the correct Redis store, changed by `mutate` if given. */
export function redisHarness(
  name: string,
  server: RedisServer,
  mutate?: RedisMutation,
  options?: RedisHarnessOptions,
): StoreHarness {
  return redisHarnessOf(
    name,
    server,
    (client, prefix, timeoutMs) => {
      const steps = {} as RedisSteps
      const right = rightSteps(steps, client, prefix, timeoutMs)
      return Object.assign(steps, right, mutate?.({ ...right }))
    },
    options,
  )
}
