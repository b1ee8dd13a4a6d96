import { randomUUID } from 'node:crypto'
import type { Mutant } from './mutant.js'
import type { RedisMutation, RedisServer } from './redis-base.js'
import { redisHarness, redisHarnessOf, scripts } from './redis-base.js'
import { redisHashSessions } from './right-redis.js'

type RedisMutant = Mutant<RedisServer>

/** Options of a driver that resends a command after a reconnect, which is the default of drivers. */
const resending = { driver: () => ({ retryStrategy: () => 30 }) }

function resendingMutant(described: Omit<RedisMutant, 'make'> & { readonly steps?: RedisMutation }): RedisMutant {
  return { ...described, make: (server) => redisHarness(described.name, server, described.steps, resending) }
}

/** Makes a harness of the correct store whose script of a call rejects a command that it has already run. */
function refusingReplays(call: 'update' | 'touch'): RedisMutation {
  const right: string = scripts[call]
  const check =
    "if not redis.call('SET', 'mutants-seen:' .. ARGV[4], 1, 'NX', 'PX', 5000) then return {now, 'missing'} end"
  const broken = right.replace("if not value then return {now, 'missing'} end", `$&\n${check}`)
  return ({ write }) => ({
    write: (script, key, ...args) =>
      script === right ? write(broken, key, ...args, randomUUID()) : write(script, key, ...args),
  })
}

const head = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if now >= tonumber(ARGV[2]) then return {now, 'late'} end
`
const take = `${head}
local value = redis.call('GETDEL', KEYS[1])
return {now, value and string.match(value, '^%d+ %d+ =(%S*)') or ''}`
const removeEntry = `${head} return {now, tostring(redis.call('ZREM', KEYS[1], ARGV[3]))}`
const removeKey = `${head} return {now, tostring(redis.call('DEL', KEYS[1]))}`
const takeIndex = `${head}
local listed = redis.call('ZRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
return {now, table.concat(listed, ' ')}`

/** Broken stores over Redis that treat a resent command as another command. */
export const redisTwiceMutants: readonly RedisMutant[] = [
  resendingMutant({
    name: 'redis: a resent create() creates a second session',
    rule: 'E6',
    breaks: 'The first delivery has used the id, so another id is minted.',
    caughtBy: ['E6-twice-create'],
  }),
  resendingMutant({
    name: 'redis: a resent update() is rejected',
    rule: 'E6',
    breaks: 'Every call carries a number that is used once, against replays.',
    caughtBy: ['E6-twice-update'],
    steps: refusingReplays('update'),
  }),
  resendingMutant({
    name: 'redis: a resent touch() is rejected',
    rule: 'E6',
    breaks: 'Every call carries a number that is used once, against replays.',
    caughtBy: ['E6-twice-touch'],
    steps: refusingReplays('touch'),
  }),
  resendingMutant({
    name: 'redis: a resent delete() leaves the index entry',
    rule: 'E6',
    breaks: 'The reply says which entry to remove, and the second reply is empty.',
    caughtBy: ['E6-twice-delete'],
    steps: (right) => ({
      async delete(id) {
        if (typeof id !== 'string' || id.length !== 48) return
        const user = await right.write(take, right.keyOf(id))
        if (user !== '') await right.write(removeEntry, `${right.prefix}user:${user}`, right.hashOf(id))
      },
    }),
  }),
  resendingMutant({
    name: 'redis: a resent endUserSession() leaves the session',
    rule: 'E6',
    breaks: 'The session is deleted if its entry exists, and the first delivery has removed the entry.',
    caughtBy: ['E6-twice-end'],
    steps: (right) => ({
      async endUserSession(userId, handle) {
        if (handle === '') return
        const removed = await right.write(removeEntry, right.indexOf(userId), handle)
        if (removed === '1') await right.write(removeKey, right.prefix + handle)
      },
    }),
  }),
  resendingMutant({
    name: 'redis: a resent endUserSessions() leaves the sessions',
    rule: 'E6',
    breaks: 'The reply lists the sessions, and the second reply is empty.',
    caughtBy: ['E6-twice-end-all'],
    steps: (right) => ({
      async endUserSessions(userId, options = {}) {
        if (options.except !== undefined) return right.endUserSessions(userId, options)
        const listed = await right.write(takeIndex, right.indexOf(userId))
        for (const hash of listed.split(' ')) if (hash !== '') await right.write(removeKey, right.prefix + hash)
      },
    }),
  }),
  {
    name: 'redis: a resent updateIfUnchanged() conflicts with its own write',
    rule: 'E6',
    breaks: 'The second delivery finds the data of the first instead of the data read.',
    caughtBy: ['E6-twice-compare'],
    make: (server) =>
      redisHarnessOf(
        'redis: an updateIfUnchanged() that is sent again meets its own write',
        server,
        (client, prefix, timeoutMs) => redisHashSessions(client, prefix, timeoutMs),
        { ...resending, harness: { capabilities: ['compare'] } },
      ),
  },
  {
    name: 'redis: a resent createWithId() conflicts with its own session',
    rule: 'E6',
    breaks: 'The first delivery has taken the id.',
    caughtBy: ['E6-twice-given-id'],
    make: (server) =>
      redisHarnessOf(
        'redis: a resent createWithId() conflicts with its own session',
        server,
        (client, prefix, timeoutMs) => redisHashSessions(client, prefix, timeoutMs),
        { ...resending, harness: { capabilities: ['given-id'] } },
      ),
  },
]
