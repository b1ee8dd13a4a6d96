import { createHash, randomUUID } from 'node:crypto'
import type { CompareCapability, GivenIdCapability, SessionPlugin } from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  createWriteFence,
  isServerBackedId,
  withinDeadline,
} from '@bext/session-core/store-helpers'
import type { Redis } from 'ioredis'
import { maxDataBytes } from './checks.js'
import { notFound } from './server-base.js'

const head = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if now >= tonumber(ARGV[1]) then return {now, 'late'} end
local lives = redis.call('PEXPIRETIME', KEYS[1]) > now
`
const createScript = `${head}
if redis.call('EXISTS', KEYS[1]) == 1 then return {now, 'taken'} end
redis.call('HSET', KEYS[1], 'created', now, 'data', ARGV[2], unpack(ARGV, 4))
redis.call('PEXPIREAT', KEYS[1], now + tonumber(ARGV[3]))
return {now, 'done'}`
const updateScript = `${head}
if not lives then return {now, 'missing'} end
if ARGV[3] and redis.call('HGET', KEYS[1], 'data') ~= ARGV[3] then return {now, 'changed'} end
redis.call('HSET', KEYS[1], 'data', ARGV[2])
return {now, 'done'}`
const touchScript = `${head}
if not lives then return {now, 'missing'} end
redis.call('PEXPIREAT', KEYS[1], now + tonumber(ARGV[2]))
return {now, 'done'}`
const deleteScript = `${head}
redis.call('DEL', KEYS[1])
return {now, 'done'}`
const readScript = `
local t = redis.call('TIME')
local ends = redis.call('PEXPIRETIME', KEYS[1])
if ends <= t[1] * 1000 + math.floor(t[2] / 1000) then return false end
local found = redis.call('HMGET', KEYS[1], 'created', 'data', 'user')
return {found[1], ends, found[2], found[3]}`

const idPattern = /^[0-9a-f-]{73}$/

function isId(id: unknown): id is string {
  return isServerBackedId(id) || (typeof id === 'string' && id.length === 73 && idPattern.test(id))
}

/** A correct store of another layout: one hash for each session, which expires only by the key's ttl. */
export function redisHashSessions(
  client: Redis,
  prefix: string,
  timeoutMs: number,
): SessionPlugin & CompareCapability & GivenIdCapability {
  const fence = createWriteFence(async () => Number((await client.time())[0]) * 1000)

  function keyOf(id: unknown): string {
    if (!isId(id)) throw new SessionError('malformed', 'The id is malformed.')
    return prefix + createHash('sha512').update(id).digest('base64url')
  }

  async function write(script: string, key: string, ...args: readonly (string | number)[]): Promise<string> {
    const outcome = await withinDeadline(timeoutMs, (deadline) =>
      fence.write(deadline, async (notAfterMs) => {
        const [serverNowMs, reply] = (await client.eval(script, 1, key, notAfterMs, ...args)) as [number, string]
        return { serverNowMs, outcome: reply }
      }),
    )
    if (outcome === 'missing') throw notFound()
    return outcome
  }

  return {
    name: 'redis hashes',
    async create(options) {
      const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes })
      for (;;) {
        const id = `${randomUUID()}-${randomUUID()}`
        const user = userId === undefined ? [] : ['user', userId]
        if ((await write(createScript, keyOf(id), dataJson, ttlMs, ...user)) === 'done') return asSessionId(id)
      }
    },
    async createWithId(id, options) {
      const key = keyOf(checkSessionId(id))
      const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes })
      const user = userId === undefined ? [] : ['user', userId]
      return { outcome: (await write(createScript, key, dataJson, ttlMs, ...user)) === 'done' ? 'created' : 'taken' }
    },
    async read(id) {
      const found = await withinDeadline(timeoutMs, async () => client.eval(readScript, 1, keyOf(id)))
      if (found === null) throw notFound()
      const [createdAtMs, expiresAtMs, dataJson, userId] = found as [string, number, string, string | null]
      return { id, userId: userId ?? undefined, dataJson, createdAtMs: Number(createdAtMs), expiresAtMs }
    },
    async update(id, dataJson) {
      await write(updateScript, keyOf(id), checkDataJson(dataJson, maxDataBytes))
      return id
    },
    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const outcome = await write(updateScript, keyOf(id), checkDataJson(dataJson, maxDataBytes), expectedDataJson)
      return outcome === 'changed' ? { outcome } : { outcome: 'updated', id }
    },
    async touch(id, ttlMs) {
      await write(touchScript, keyOf(id), checkTtlMs(ttlMs))
      return id
    },
    async delete(id) {
      if (isId(id)) await write(deleteScript, keyOf(id))
    },
    isHealthy: () =>
      withinDeadline(timeoutMs, () => client.ping()).then(
        () => true,
        () => false,
      ),
  }
}
