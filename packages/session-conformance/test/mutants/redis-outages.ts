import type { SessionRecord } from '@bext/session-core'
import { isSessionError, SessionError } from '@bext/session-core'
import type { Mutant } from './mutant.js'
import type { RedisHarnessOptions, RedisMutation, RedisServer, RedisSteps } from './redis-base.js'
import { redisHarness, scripts } from './redis-base.js'

type RedisMutant = Mutant<RedisServer>

function redisMutant(
  described: Omit<RedisMutant, 'make'> & { readonly steps: RedisMutation; readonly options?: RedisHarnessOptions },
): RedisMutant {
  return { ...described, make: (server) => redisHarness(described.name, server, described.steps, described.options) }
}

function isBackend(error: unknown): boolean {
  return isSessionError(error) && error.code === 'Backend'
}

/** Returns steps whose create() runs two scripts, one after the other. */
function creatingInTwo(first: string, second: string): RedisMutation {
  return ({ write }) => ({
    async write(script, key, ...args) {
      const outcome = await write(script === scripts.create ? first : script, key, ...args)
      return script === scripts.create && outcome === 'done' ? write(second, key, ...args) : outcome
    },
  })
}

/** The script of touch(), which sets the expiry that the record has. */
const setExpiry = scripts.touch.replace(
  'local ends = now + tonumber(ARGV[3])',
  'local ends = tonumber(string.sub(value, 15, 27))',
)

function without(script: string, part: string): string {
  if (!script.includes(part)) throw new Error(`The script has no ${part}`)
  return script.replace(part, '')
}

const closable = { harness: { capabilities: ['user-index', 'close'] } } as const

/** Returns steps with the capability close, which rejects calls from then on and then runs `release`. */
function closing(right: RedisSteps, release: () => Promise<unknown>): Partial<RedisSteps> & { close(): Promise<void> } {
  let isClosed = false
  async function open<T>(call: () => Promise<T>): Promise<T> {
    if (isClosed) throw new SessionError('closed', 'The store was closed.')
    return call()
  }
  return {
    bounded: (work) => open(() => right.bounded(work)),
    write: (...args) => open(() => right.write(...args)),
    async close() {
      if (isClosed) return
      isClosed = true
      await release()
    },
  }
}

/** Broken stores over Redis that do the wrong thing while or after the server fails. */
export const redisOutageMutants: readonly RedisMutant[] = [
  redisMutant({
    name: 'redis: a write that failed is tried again three seconds later',
    rule: 'E2',
    breaks: 'A job tries failed writes again, so that a short outage loses none.',
    caughtBy: ['E2-retries'],
    steps: ({ write }) => ({
      write: (...args) =>
        write(...args).catch((error: unknown) => {
          if (isBackend(error)) setTimeout(() => void write(...args).catch(() => undefined), 3000)
          throw error
        }),
    }),
  }),
  redisMutant({
    name: 'redis: a read is answered from a cache while the server fails',
    rule: 'E4',
    breaks: 'The last known session seemed better than an error page.',
    caughtBy: ['E4-from-memory'],
    steps: (right) => {
      const known = new Map<string, SessionRecord>()
      return {
        async read(id) {
          try {
            const record = await right.read(id)
            known.set(id, record)
            return record
          } catch (error) {
            const kept = known.get(id)
            if (kept === undefined || !isBackend(error)) throw error
            return { ...kept }
          }
        },
      }
    },
  }),
  redisMutant({
    name: 'redis: the list of sessions is empty while the server fails',
    rule: 'E4',
    breaks: 'The page of the account should be shown in any case.',
    caughtBy: ['E4-from-memory'],
    steps: (right) => ({
      listUserSessions: (userId) =>
        right.listUserSessions(userId).catch((error: unknown) => {
          if (isBackend(error)) return []
          throw error
        }),
    }),
  }),
  redisMutant({
    name: 'redis: ending all sessions resolves while the server fails',
    rule: 'E4',
    breaks: 'The sessions were expected to expire anyway.',
    caughtBy: ['E4-from-memory', 'E2-retries'],
    steps: (right) => ({
      endUserSessions: (userId, options) =>
        right.endUserSessions(userId, options).catch((error: unknown) => {
          if (!isBackend(error)) throw error
        }),
    }),
  }),
  redisMutant({
    name: 'redis: each step of update() has a separate deadline',
    rule: 'E5',
    breaks: 'It reads the session first, and both helpers have the timeout.',
    caughtBy: ['E5-one-deadline'],
    steps: (right) => ({
      async update(id, dataJson) {
        await right.read(id)
        return right.update(id, dataJson)
      },
    }),
  }),
  redisMutant({
    name: 'redis: a call that timed out is tried twice more',
    rule: 'E5',
    breaks: 'Each attempt has the whole timeout.',
    caughtBy: ['E5-one-deadline'],
    steps: ({ bounded }) => ({
      bounded: async (work) => {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await bounded(work)
          } catch (error) {
            if (attempt === 3 || !isSessionError(error) || error.reason !== 'timeout') throw error
          }
        }
      },
    }),
  }),
  redisMutant({
    name: 'redis: create() writes the session, then its index entry',
    rule: 'O1',
    breaks: 'Two commands, and the connection may break between them.',
    caughtBy: ['E2-cut-off'],
    steps: creatingInTwo(
      without(scripts.create, "redis.call('ZADD', index(value), now, hash)"),
      setExpiry.replace('then extend(', "then redis.call('ZADD', index(value), now, hash) extend("),
    ),
  }),
  redisMutant({
    name: 'redis: create() sets the key, then its expiry',
    rule: 'C7',
    breaks: 'SET and PEXPIRE, and the connection may break between them.',
    caughtBy: ['E2-cut-off'],
    steps: creatingInTwo(without(scripts.create, ", 'PXAT', ends"), setExpiry),
  }),
  redisMutant({
    name: 'redis: close() waits for the reply to QUIT',
    rule: 'E5',
    breaks: 'The driver waits for all replies first, and the server sends none.',
    caughtBy: ['O3-in-flight'],
    steps: (right) => closing(right, () => right.client.quit()),
    options: closable,
  }),
  redisMutant({
    name: 'redis: close() drops the calls in flight',
    rule: 'E5',
    breaks: 'The connection is closed, and nobody settles the promises of its calls.',
    caughtBy: ['O3-in-flight'],
    steps: (right) => {
      let isClosed = false
      const rejectsWhileOpen = <T>(call: Promise<T>): Promise<T> =>
        call.catch((error: unknown) => {
          if (isClosed) return new Promise<never>(() => undefined)
          throw error
        })
      const dropping: RedisSteps = {
        ...right,
        bounded: (work) => rejectsWhileOpen(right.bounded(work)),
        write: (...args) => rejectsWhileOpen(right.write(...args)),
      }
      return closing(dropping, async () => (isClosed = true))
    },
    options: closable,
  }),
]
