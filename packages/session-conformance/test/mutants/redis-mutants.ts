import type { CompareCapability } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { toBackendError, withinDeadline } from '@bext/session-core/store-helpers'
import { maxDataBytes } from './checks.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import type { RedisHarnessOptions, RedisMutation, RedisServer, RedisSteps } from './redis-base.js'
import { redisHarness, redisHarnessOf, scripts } from './redis-base.js'
import { redisOutageMutants } from './redis-outages.js'
import { redisRecordMutants } from './redis-records.js'
import { redisTwiceMutants } from './redis-twice.js'
import { redisHashSessions } from './right-redis.js'
import { notFound } from './server-base.js'

type RedisMutant = Mutant<RedisServer>

function redisMutant(
  described: Omit<RedisMutant, 'make'> & { readonly steps?: RedisMutation; readonly options?: RedisHarnessOptions },
): RedisMutant {
  return { ...described, make: (server) => redisHarness(described.name, server, described.steps, described.options) }
}

/** Makes a harness of the correct store with another script for a call. */
function withScript(call: keyof typeof scripts, from: string, to: string): RedisMutation {
  const right: string = scripts[call]
  if (!right.includes(from)) throw new Error(`The script of ${call} has no ${from}`)
  const broken = right.replace(from, to)
  return ({ write }) => ({ write: (script, ...rest) => write(script === right ? broken : script, ...rest) })
}

const never = Number.MAX_SAFE_INTEGER

/** Steps that write without a deadline: a command queued by the driver may run at any time. */
function unfenced({ client, prefix, timeoutMs }: RedisSteps): Partial<RedisSteps> {
  return {
    write: (script, key, ...args) =>
      withinDeadline(timeoutMs, async () => {
        const [, outcome] = (await client.eval(script, 1, key, prefix, never, ...args)) as [number, string]
        return outcome
      }),
  }
}

/** The driver's default options with a quick reconnect. */
const driverDefaults = { retryStrategy: () => 30 }

function ask(
  { client, prefix }: RedisSteps,
  script: string,
  key: string,
  args: readonly (string | number)[],
): Promise<string> {
  return client.eval(script, 1, key, prefix, never, ...args).then((reply) => (reply as [number, string])[1])
}

/** Rejects as the driver does, in time. */
function raw<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  return Promise.race([
    work(),
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('The driver timed out.')), timeoutMs)
    }),
  ])
}

function withoutCause(error: unknown): never {
  if (error instanceof SessionError && error.code !== 'Backend') throw error
  throw new SessionError('unavailable', 'The backend failed.')
}

/** Broken stores over Redis. */
export const redisMutants: readonly RedisMutant[] = [
  ...redisTwiceMutants,
  ...redisRecordMutants,
  ...redisOutageMutants,
  redisMutant({
    name: 'redis: update() upserts',
    rule: 'U3',
    breaks: 'SET without XX.',
    caughtBy: ['U3-deleted', 'U3-expired', 'D2-gone'],
    steps: withScript(
      'update',
      "if not value then return {now, 'missing'} end",
      "value = value or now .. ' ' .. (now + 9000000) .. ' -\\n'",
    ),
  }),
  redisMutant({
    name: 'redis: update() removes the ttl',
    rule: 'U1',
    breaks: 'SET without KEEPTTL removes the expiry of the key.',
    caughtBy: ['U1-expiry', 'U4-expiry-race'],
    steps: withScript('update', ", 'KEEPTTL')", ')'),
  }),
  redisMutant({
    name: 'redis: update() renews the ttl',
    rule: 'U1',
    breaks: 'SETEX takes the ttl of the options.',
    caughtBy: ['U1-expiry'],
    steps: withScript('update', "'KEEPTTL')", "'PX', string.sub(value, 15, 27) - string.sub(value, 1, 13))"),
  }),
  redisMutant({
    name: 'redis: update() reads, then sets',
    rule: 'U4',
    breaks: 'GET and SET are two commands, and another client writes between them.',
    caughtBy: ['U4-delete-step', 'U1-touch-step'],
    steps: ({ client, keyOf, checkId, checkData, bounded }) => ({
      async update(id, dataJson) {
        const key = keyOf(checkId(id))
        const checked = checkData(dataJson)
        await bounded(async () => {
          const value = await client.get(key)
          if (value === null) throw notFound()
          const head = value.slice(0, value.indexOf('\n') + 1)
          await client.set(key, head + checked, 'PXAT', Number(head.slice(14, 27)))
        })
        return id
      },
    }),
  }),
  redisMutant({
    name: 'redis: touch() reads, then sets the whole value',
    rule: 'T3',
    breaks: 'The expiry is a part of the value, so touch() fetches it and stores it again.',
    caughtBy: ['T3-delete-step', 'T2-update-step', 'T4-one-round-trip'],
    steps: ({ client, keyOf, checkId, checkTtl, bounded }) => ({
      async touch(id, ttlMs) {
        const key = keyOf(checkId(id))
        const expiresAtMs = Date.now() + checkTtl(ttlMs)
        await bounded(async () => {
          const value = await client.get(key)
          if (value === null) throw notFound()
          await client.set(key, `${value.slice(0, 14)}${expiresAtMs}${value.slice(27)}`, 'PXAT', expiresAtMs)
        })
        return id
      },
    }),
  }),
  redisMutant({
    name: 'redis: touch() checks that the key exists, then touches it',
    rule: 'T4',
    breaks: 'EXISTS came first in the tutorial.',
    caughtBy: ['T4-one-round-trip'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        if ((await right.bounded(() => right.client.exists(right.keyOf(right.checkId(id))))) === 0) throw notFound()
        return right.touch(id, ttlMs)
      },
    }),
  }),
  redisMutant({
    name: 'redis: delete() loses against a concurrent update',
    rule: 'D2',
    breaks: 'Optimistic locking: a session that has changed since it was read is not deleted.',
    caughtBy: ['D2-update-step'],
    steps: ({ client, keyOf, bounded }) => ({
      async delete(id) {
        await bounded(async () => {
          const value = await client.get(keyOf(id))
          const script = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
          if (value !== null) await client.eval(script, 1, keyOf(id), value)
        })
      },
    }),
  }),
  redisMutant({
    name: 'redis: updateIfUnchanged() compares in the client, then sets',
    rule: 'O4',
    breaks: 'GET, a comparison in the client, and an atomic update().',
    caughtBy: ['O4-step', 'O4-one-wins'],
    steps: (right) =>
      ({
        async updateIfUnchanged(id, expectedDataJson, dataJson) {
          const { dataJson: before } = await right.read(id)
          if (before !== expectedDataJson) return { outcome: 'changed' }
          return { outcome: 'updated', id: await right.update(id, dataJson) }
        },
      }) satisfies CompareCapability as Partial<RedisSteps>,
    options: { harness: { capabilities: ['user-index', 'compare'] } },
  }),
  redisMutant({
    name: 'redis: commands that timed out stay in the offline queue',
    rule: 'E2',
    breaks: 'The deadline is a race against a timer, and the driver has its defaults.',
    caughtBy: ['E2-zombie-refuses', 'E2-zombie-stalls', 'E2-zombie-create'],
    steps: unfenced,
    options: { driver: () => driverDefaults },
  }),
  redisMutant({
    name: 'redis: commandTimeout is the only deadline',
    rule: 'E2',
    breaks: 'The driver rejects a command in time, but still sends it after a reconnect.',
    caughtBy: ['E2-zombie-refuses', 'E2-zombie-stalls'],
    steps: (right) => ({
      bounded: (work) => work().catch((error: unknown) => Promise.reject(toBackendError(error))),
      write: (script, key, ...args) =>
        ask(right, script, key, args).catch((error: unknown) => Promise.reject(toBackendError(error))),
    }),
    options: { driver: (commandTimeout) => ({ ...driverDefaults, commandTimeout }) },
  }),
  redisMutant({
    name: 'redis: no queue, but writes without a deadline',
    rule: 'E2',
    breaks: 'The offline queue is off, but commands that were already sent can still run.',
    caughtBy: ['E2-zombie-stalls', 'E2-zombie-create'],
    steps: unfenced,
  }),
  redisMutant({
    name: 'redis: the connection is dropped at the deadline',
    rule: 'E2',
    breaks: 'A stalled server still runs the commands in its buffers when it resumes.',
    caughtBy: ['E2-zombie-stalls'],
    steps: (right) => ({
      write: (...args) =>
        unfenced(right).write!(...args).catch((error: unknown) => {
          right.client.disconnect(true)
          throw error
        }),
    }),
  }),
  redisMutant({
    name: 'redis: the server runs a late delete()',
    rule: 'E2',
    breaks: 'A late delete() seemed harmless, because the session was to end.',
    caughtBy: ['E4-not-gone-stalls'],
    steps: (right) => ({
      write: (script, ...rest) => (script === scripts.delete ? unfenced(right).write! : right.write)(script, ...rest),
    }),
  }),
  redisMutant({
    name: 'redis: a failing read is NotFound',
    rule: 'E4',
    breaks: 'Errors are caught, so that a page is always shown.',
    caughtBy: ['E4-not-gone-refuses', 'E4-not-gone-stalls', 'E2-reset'],
    steps: (right) => ({
      read: (id) =>
        right.read(id).catch((error: SessionError) => {
          throw error.code === 'Backend' ? notFound() : error
        }),
    }),
  }),
  redisMutant({
    name: 'redis: a failing update() or touch() is NotFound',
    rule: 'E4',
    breaks: 'A reply other than "OK" is a failure, and there is one error for all of them.',
    caughtBy: ['E4-not-gone-refuses', 'E2-zombie-stalls'],
    steps: ({ write }) => ({ write: (...args) => write(...args).catch(() => 'missing') }),
  }),
  redisMutant({
    name: 'redis: calls have no deadline',
    rule: 'E5',
    breaks: 'The driver manages connections, and was expected to manage deadlines.',
    caughtBy: ['E4-not-gone-stalls', 'H1-down'],
    steps: (right) => ({
      bounded: (work) => work().catch((error: unknown) => Promise.reject(toBackendError(error))),
      write: (script, key, ...args) =>
        ask(right, script, key, args).catch((error: unknown) => Promise.reject(toBackendError(error))),
    }),
  }),
  redisMutant({
    name: 'redis: errors of the driver are passed on',
    rule: 'E1',
    breaks: 'They tell what happened.',
    caughtBy: ['E4-not-gone-refuses', 'E4-not-gone-stalls', 'E5-from-the-start'],
    steps: (right) => ({
      bounded: (work) => raw(right.timeoutMs, work),
      write: (script, key, ...args) => raw(right.timeoutMs, () => ask(right, script, key, args)),
    }),
  }),
  redisMutant({
    name: 'redis: failures have no cause',
    rule: 'E3',
    breaks: "The driver's message might contain an id, so the error is dropped.",
    caughtBy: ['E4-not-gone-refuses'],
    steps: ({ bounded, write }) => ({
      bounded: (work) => bounded(work).catch(withoutCause),
      write: (...args) => write(...args).catch(withoutCause),
    }),
  }),
  redisMutant({
    name: 'redis: errors contain the id',
    rule: 'E3',
    breaks: 'The message names the command and its arguments.',
    caughtBy: ['E4-not-gone-refuses'],
    steps: (right) => ({
      read: (id) =>
        right.read(id).catch((cause: SessionError) => {
          if (cause.code !== 'Backend') throw cause
          throw new SessionError('unavailable', `GET session:${id} failed.`, { cause })
        }),
    }),
  }),
  redisMutant({
    name: 'redis: isHealthy() returns the state of the client',
    rule: 'H1',
    breaks: 'client.status is available.',
    caughtBy: ['H1-down'],
    steps: ({ client }) => ({ isHealthy: async () => client.status === 'ready' }),
  }),
  redisMutant({
    name: 'redis: isHealthy() returns its first result',
    rule: 'H1',
    breaks: 'The result is cached, because the load balancer asks every second.',
    caughtBy: ['H1-down'],
    steps: (right) => {
      let known: Promise<boolean> | undefined
      return { isHealthy: () => (known ??= right.isHealthy()) }
    },
  }),
  redisMutant({
    name: 'redis: the driver stops reconnecting',
    rule: 'H2',
    breaks: 'retryStrategy returns null after the first attempt, so that tests end.',
    caughtBy: ['H2-heals'],
    options: { driver: () => ({ enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => null }) },
  }),
  redisMutant({
    name: 'redis: ids are keys',
    rule: 'I1',
    breaks: 'As in every tutorial.',
    caughtBy: ['I1-no-ids-kept'],
    steps: ({ prefix }) => ({ keyOf: (id) => prefix + id, hashOf: (id) => id }),
  }),
  redisMutant({
    name: 'redis: the prefix is ignored',
    rule: 'I2',
    breaks: 'It is an option of the store, but was expected to be one of the client.',
    caughtBy: ['I2-namespaces'],
    steps: ({ prefix, hashOf }) => ({ keyOf: (id) => prefix.replace(/[^:]+:$/, '') + hashOf(id) }),
  }),
  redisMutant({
    name: 'redis: delete() leaves the entry in the index',
    rule: 'D2',
    breaks: 'DEL takes one key. The index is cleaned later.',
    caughtBy: ['D2-no-trace'],
    steps: withScript('delete', "redis.call('ZREM', index(value), hash)", ''),
  }),
  redisMutant({
    name: 'redis: the user index expires with the first session',
    rule: 'O1',
    breaks: 'create() sets its ttl, and touch() does not extend it.',
    caughtBy: ['O1-after-writes'],
    steps: withScript('touch', 'extend(index(value), ends)', ''),
  }),
  redisMutant({
    name: 'redis: ending a session removes only its index entry',
    rule: 'O1',
    breaks: 'A session that is not listed was expected to be deleted.',
    caughtBy: ['O1-end-all-but', 'O1-touch-race'],
    steps: withScript('end', "redis.call('DEL', prefix .. each)", ''),
  }),
  redisMutant({
    name: 'redis: times come from the clock of the process',
    rule: 'C5',
    breaks: 'Date.now() sets the times of the record, and the server expires the key.',
    caughtBy: ['C5-one-clock'],
    steps: ({ write }) => ({
      write: (script, ...rest) =>
        write(
          script
            .replace("value = now .. ' ' .. ends", `value = ${Date.now()} .. ' ' .. ${Date.now()} + tonumber(ARGV[3])`)
            .replace('1, 14) .. ends', `1, 14) .. ${Date.now()} + tonumber(ARGV[3])`),
          ...rest,
        ),
    }),
  }),
  redisMutant({
    name: 'redis: the ttl is in seconds',
    rule: 'R3',
    breaks: 'EXPIRE, rounded up, so that it is never 0.',
    caughtBy: ['R3-expires', 'C7-tiny-ttl'],
    steps: withScript('create', "'PXAT', ends)", "'EX', math.ceil(tonumber(ARGV[3]) / 1000))"),
  }),
  redisMutant({
    name: 'redis: read() renews the ttl',
    rule: 'R5',
    breaks: 'GETEX does both in one round trip.',
    caughtBy: ['R5-no-life'],
    steps: (right) => ({
      async read(id) {
        const record = await right.read(id)
        await right.bounded(() => right.client.pexpire(right.keyOf(id), record.expiresAtMs - record.createdAtMs + 300))
        return record
      },
    }),
  }),
  redisMutant({
    name: 'redis: data are parsed and written by cjson',
    rule: 'R2',
    breaks: 'A script decodes the record to change a field of it.',
    caughtBy: numbered('R2-json', 7, 8, 9),
    steps: withScript(
      'create',
      "value = now .. ' ' .. ends .. ' ' .. ARGV[4]",
      `
      local line = string.find(ARGV[4], '\\n', 1, true)
      local decoded, data = pcall(cjson.decode, string.sub(ARGV[4], line + 1))
      data = decoded and cjson.encode(data) or string.sub(ARGV[4], line + 1)
      value = now .. ' ' .. ends .. ' ' .. string.sub(ARGV[4], 1, line) .. data`,
    ),
  }),
  {
    name: 'redis: opening the store waits for the server',
    rule: 'E5',
    breaks: 'The factory is asynchronous, and rejects without a connection.',
    caughtBy: ['E5-from-the-start'],
    make(server) {
      const right = redisHarness('redis: opening waits for the server', server)
      return {
        ...right,
        declarations: { maxDataBytes },
        async open(options) {
          const opened = await right.open(options)
          if (await opened.store.isHealthy()) return opened
          await opened.close?.()
          throw new SessionError('unavailable', 'There is no connection.')
        },
      }
    },
  },
  {
    name: 'redis: createWithId() reads, then creates',
    rule: 'O6',
    breaks: 'GET and SET are two commands, and another client writes between them.',
    caughtBy: ['O6-step'],
    make: (server) =>
      redisHarnessOf(
        'redis: createWithId() reads, then creates',
        server,
        (client, prefix, timeoutMs) => {
          const right = redisHashSessions(client, prefix, timeoutMs)
          return {
            ...right,
            async createWithId(id, options) {
              const found = await right.read(id).catch(() => undefined)
              if (found) return { outcome: 'taken' as const }
              await right.delete(id)
              return right.createWithId(id, options)
            },
          } satisfies typeof right
        },
        { harness: { capabilities: ['compare', 'given-id'] } },
      ),
  },
]
