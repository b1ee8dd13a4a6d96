import { SessionError } from '@bext/session-core'
import { clientMutant, serverMutant } from './build.js'
import { invalid } from './checks.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import type { ServerMutation } from './server-base.js'
import { notFound } from './server-base.js'

/** Throws another error for a missing session. */
function missing(makeError: (id: string) => Error): ServerMutation {
  return (right) => ({
    find(id) {
      try {
        return right.find(id)
      } catch (error) {
        if (error instanceof SessionError && error.code === 'NotFound') throw makeError(id)
        throw error
      }
    },
  })
}

/** Stores with wrong errors or a wrong health check. */
export const errorMutants: readonly Mutant[] = [
  serverMutant({
    name: 'a missing session is a TypeError',
    rule: 'E1',
    breaks: 'The row is undefined, and one of its fields is read.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => new TypeError("Cannot read properties of undefined (reading 'dataJson')")),
  }),
  serverMutant({
    name: 'errors are plain objects with the right code',
    rule: 'E1',
    breaks: 'Only the code seemed to matter.',
    caughtBy: ['R3-deleted'],
    steps: missing(() =>
      Object.assign(new Error('There is no such session.'), { code: 'NotFound', reason: 'unknown' }),
    ),
  }),
  serverMutant({
    name: 'errors have another code than the three',
    rule: 'E1',
    breaks: '"Expired" says more than "NotFound".',
    caughtBy: ['R3-deleted', 'R3-stays-gone'],
    steps: missing(() => Object.assign(notFound(), { code: 'Expired' })),
  }),
  serverMutant({
    name: 'calls reject with strings',
    rule: 'E1',
    breaks: 'Promise.reject("not found") was quick to write.',
    caughtBy: ['R3-deleted'],
    steps: (right) => ({ read: (id) => right.read(id).catch(() => Promise.reject('not found')) }),
  }),
  serverMutant({
    name: 'a missing session is Invalid',
    rule: 'R3',
    breaks: 'An id without a session is a bad id.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => invalid('The id is not valid.')),
  }),
  serverMutant({
    name: 'a missing session is Backend',
    rule: 'R3',
    breaks: 'The driver rejects if no row is found.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => new SessionError('failed', 'The backend failed.', { cause: new Error('no rows') })),
  }),
  serverMutant({
    name: 'messages contain the id',
    rule: 'E3',
    breaks: 'An error should say what it is about.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing((id) => new SessionError('unknown', `There is no session ${id}.`)),
  }),
  serverMutant({
    name: 'errors have a field with the id',
    rule: 'E3',
    breaks: 'The log prints all fields.',
    caughtBy: ['R3-deleted'],
    steps: missing((id) => Object.assign(notFound(), { sessionId: id })),
  }),
  serverMutant({
    name: 'errors have a non-enumerable field with the id',
    rule: 'E3',
    breaks: 'The log reads a field that JSON.stringify() omits.',
    caughtBy: ['E3-tells-nothing'],
    steps: missing((id) => Object.defineProperty(notFound(), 'sessionId', { value: id })),
  }),
  serverMutant({
    name: 'errors have a field with the arguments of the call',
    rule: 'E3',
    breaks: 'A wrapper records its arguments.',
    caughtBy: ['E3-tells-nothing', 'U4-delete-duel'],
    steps: (right) => ({
      update: (id, dataJson) =>
        right.update(id, dataJson).catch((error: unknown) => {
          throw Object.assign(error as Error, {
            statement: { text: 'update sessions set data = $1', values: [dataJson] },
          })
        }),
    }),
  }),
  serverMutant({
    name: 'messages quote the data',
    rule: 'E3',
    breaks: 'The message of JSON.parse() is passed on, and it quotes the text.',
    caughtBy: ['E3-tells-nothing'],
    steps: (right) => ({
      checkData(dataJson) {
        try {
          if (typeof dataJson === 'string') JSON.parse(dataJson)
        } catch (error) {
          throw invalid(`dataJson is not JSON: ${(error as Error).message}; it is ${String(dataJson)}`)
        }
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'messages contain the user',
    rule: 'E3',
    breaks: 'A message says whose session could not be created.',
    caughtBy: ['E3-tells-nothing', 'C7-stores-nothing', 'C7-lists-nothing'],
    steps: (right) => ({
      async create(options) {
        try {
          return await right.create(options)
        } catch {
          throw invalid(`The session of ${options?.userId} was not created.`)
        }
      },
    }),
  }),
  serverMutant({
    name: 'bad options are thrown, not rejected',
    rule: 'E1',
    breaks: 'The methods are not async functions, and check their arguments first.',
    caughtBy: ['E1-bad-options', 'C7-bad-ttl', 'C8-bad-json'],
    steps: (right) => ({
      create(options) {
        right.checkOptions(options)
        return right.create(options)
      },
    }),
  }),
  serverMutant({
    name: 'missing options are a TypeError',
    rule: 'E1',
    breaks: 'create() destructures its parameter.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({ create: async ({ userId, dataJson, ttlMs }) => right.create({ userId, dataJson, ttlMs }) }),
  }),
  serverMutant({
    name: 'an id that is no string is a TypeError',
    rule: 'E1',
    breaks: 'createHash().update() accepts only strings and buffers.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({ isId: (id) => right.isId((id as string).normalize()) }),
  }),
  serverMutant({
    name: 'users may be numbers',
    rule: 'E1',
    breaks: 'Most databases have numeric keys.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({
      checkUser: (userId) => right.checkUser(typeof userId === 'number' ? String(userId) : userId),
    }),
  }),
  serverMutant({
    name: 'create() with bad options leaves an index entry',
    rule: 'C7',
    breaks: 'The index entry is written before the options are checked.',
    caughtBy: ['C7-stores-nothing'],
    steps: (right, { users }) => ({
      async create(options) {
        if (typeof options?.userId === 'string') users.set(options.userId, users.get(options.userId) ?? new Set())
        const id = await right.create(options)
        return id
      },
    }),
  }),
  serverMutant({
    name: 'read() does not settle for a missing session',
    rule: 'E5',
    breaks: 'The driver drops an unknown reply, and never settles its promise.',
    caughtBy: ['R3-deleted'],
    steps: (right) => ({ read: (id) => right.read(id).catch(() => new Promise<never>(() => undefined)) }),
  }),
  serverMutant({
    name: 'calls do not return promises',
    rule: 'R1',
    breaks: 'A store in memory need not wait.',
    caughtBy: ['R1-whole'],
    steps: (right) => ({ read: (id) => right.toRecord(id, right.find(id)[1]) as never }),
  }),
  serverMutant({
    name: 'create() resolves to a record',
    rule: 'C1',
    breaks: 'It seemed useful for the caller.',
    caughtBy: ['C1-unique', 'C1-same-options'],
    steps: (right) => ({ create: async (options) => ({ id: await right.create(options) }) as never }),
  }),
  serverMutant({
    name: 'update() resolves to nothing',
    rule: 'U2',
    breaks: 'The id does not change, so it seemed unnecessary to return it.',
    caughtBy: ['U2-same-id'],
    steps: (right) => ({ update: async (id, dataJson) => void (await right.update(id, dataJson)) as never }),
  }),
  serverMutant({
    name: 'touch() resolves to a boolean',
    rule: 'T4',
    breaks: 'EXPIRE answers 0 or 1.',
    caughtBy: ['T4-same-id'],
    steps: (right) => ({ touch: async (id, ttlMs) => Boolean(await right.touch(id, ttlMs)) as never }),
  }),
  serverMutant({
    name: 'isHealthy() resolves to PONG',
    rule: 'H1',
    breaks: 'It returns the reply of the server.',
    caughtBy: ['H1-up'],
    steps: () => ({ isHealthy: async () => 'PONG' as never }),
  }),
  serverMutant({
    name: 'isHealthy() rejects',
    rule: 'H1',
    breaks: 'It calls a method that this version of the driver lacks.',
    caughtBy: ['H1-up'],
    steps: () => ({ isHealthy: () => Promise.reject(new TypeError('client.ping is not a function')) }),
  }),
  serverMutant({
    name: 'isHealthy() resolves to the result of the previous check',
    rule: 'H1',
    breaks: 'It resolves to the result of the previous check, and starts the next one.',
    caughtBy: ['H1-up'],
    steps: () => {
      let last = false
      return {
        async isHealthy() {
          const told = last
          last = true
          return told
        },
      }
    },
  }),
  clientMutant({
    name: 'a forged id is NotFound',
    rule: 'R4',
    breaks: 'For the visitor both mean that no session exists.',
    caughtBy: [
      ...numbered('R4-foreign', 1, 3, 7, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20),
      'R4-altered',
      'U3-unknown',
    ],
    steps: (right) => ({
      unseal(id) {
        try {
          return right.unseal(id)
        } catch {
          throw notFound()
        }
      },
    }),
  }),
  clientMutant({
    name: "a forged id rejects with the cipher's error",
    rule: 'E1',
    breaks: 'decipher.final() throws its own error.',
    caughtBy: ['R4-altered', 'R4-foreign-1', 'R4-spliced', 'R4-forged-write'],
    steps: (right) => ({
      unseal(id) {
        try {
          return right.unseal(id)
        } catch {
          throw new Error('Unsupported state or unable to authenticate data')
        }
      },
    }),
  }),
  clientMutant({
    name: 'messages contain the sealed id',
    rule: 'E3',
    breaks: 'An error should say what it is about.',
    caughtBy: ['E3-tells-nothing', 'R3-stays-gone', 'R4-near-miss'],
    steps: (right) => ({
      find(id) {
        try {
          return right.find(id)
        } catch (error) {
          throw Object.assign(error as Error, { message: `The seal ${id} is not valid.` })
        }
      },
    }),
  }),
  clientMutant({
    name: 'an expired sealed id is Invalid',
    rule: 'R3',
    breaks: 'The sealing library throws one error for everything that is wrong with an id.',
    caughtBy: ['R3-stays-gone', 'T3-expired', 'U3-expired', 'R4-expired-altered'],
    steps: (right) => ({
      find(id) {
        const fields = right.unseal(id)
        if (right.isOver(fields)) throw invalid('The seal is not valid.')
        return fields
      },
    }),
  }),
  serverMutant({
    name: 'isHealthy() leaves a record',
    rule: 'H1',
    breaks: 'It writes a session to see whether writing works, and does not delete it.',
    caughtBy: ['H1-writes-nothing'],
    steps: (right) => ({
      async isHealthy() {
        if (!(await right.isHealthy())) return false
        await right.create({ dataJson: '{}', ttlMs: 60_000 })
        return true
      },
    }),
  }),
]
