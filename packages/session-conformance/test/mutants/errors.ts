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
    name: 'what is not there is a TypeError',
    rule: 'E1',
    breaks: 'The row is undefined, and a field of it is read.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => new TypeError("Cannot read properties of undefined (reading 'dataJson')")),
  }),
  serverMutant({
    name: 'errors are objects with the right code',
    rule: 'E1',
    breaks: 'Only the code was thought to matter.',
    caughtBy: ['R3-deleted'],
    steps: missing(() =>
      Object.assign(new Error('There is no such session.'), { code: 'NotFound', reason: 'unknown' }),
    ),
  }),
  serverMutant({
    name: 'errors have a code of their own',
    rule: 'E1',
    breaks: '"Expired" tells more than "NotFound".',
    caughtBy: ['R3-deleted', 'R3-stays-gone'],
    steps: missing(() => Object.assign(notFound(), { code: 'Expired' })),
  }),
  serverMutant({
    name: 'rejections are texts',
    rule: 'E1',
    breaks: 'Promise.reject("not found") was quick to write.',
    caughtBy: ['R3-deleted'],
    steps: (right) => ({ read: (id) => right.read(id).catch(() => Promise.reject('not found')) }),
  }),
  serverMutant({
    name: 'what is not there is Invalid',
    rule: 'R3',
    breaks: 'An id that names nothing is a bad id.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => invalid('The id is not valid.')),
  }),
  serverMutant({
    name: 'what is not there is a failure of the backend',
    rule: 'R3',
    breaks: 'The driver rejects where there is no row.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing(() => new SessionError('failed', 'The backend failed.', { cause: new Error('no rows') })),
  }),
  serverMutant({
    name: 'messages hold the id',
    rule: 'E3',
    breaks: 'An error should say what it is about.',
    caughtBy: ['R3-deleted', 'D2-gone'],
    steps: missing((id) => new SessionError('unknown', `There is no session ${id}.`)),
  }),
  serverMutant({
    name: 'errors carry the id in a field',
    rule: 'E3',
    breaks: 'For the log, which prints all fields.',
    caughtBy: ['R3-deleted'],
    steps: missing((id) => Object.assign(notFound(), { sessionId: id })),
  }),
  serverMutant({
    name: 'errors carry the id in a hidden field',
    rule: 'E3',
    breaks: 'For the log, in a field that JSON.stringify() does not see.',
    caughtBy: ['E3-tells-nothing'],
    steps: missing((id) => Object.defineProperty(notFound(), 'sessionId', { value: id })),
  }),
  serverMutant({
    name: 'errors carry the arguments of the call',
    rule: 'E3',
    breaks: 'A wrapper notes what it was called with.',
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
    breaks: 'The message of JSON.parse() is passed on, and it shows the text.',
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
    name: 'messages hold the user',
    rule: 'E3',
    breaks: 'A message says whose session could not be made.',
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
    breaks: 'The methods are no async functions, and check first.',
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
    breaks: 'create() takes its parameter apart.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({ create: async ({ userId, dataJson, ttlMs }) => right.create({ userId, dataJson, ttlMs }) }),
  }),
  serverMutant({
    name: 'an id that is no text is a TypeError',
    rule: 'E1',
    breaks: 'createHash().update() takes texts and buffers.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({ isId: (id) => right.isId((id as string).normalize()) }),
  }),
  serverMutant({
    name: 'users are numbers, too',
    rule: 'E1',
    breaks: 'Most databases have numeric keys.',
    caughtBy: ['E1-bad-options'],
    steps: (right) => ({
      checkUser: (userId) => right.checkUser(typeof userId === 'number' ? String(userId) : userId),
    }),
  }),
  serverMutant({
    name: 'the session of bad options is listed',
    rule: 'C7',
    breaks: 'The user is put into the index first, so that a crash in between leaves no session without an entry.',
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
    breaks: 'A reply that the driver does not know is dropped, and its promise with it.',
    caughtBy: ['R3-deleted'],
    steps: (right) => ({ read: (id) => right.read(id).catch(() => new Promise<never>(() => undefined)) }),
  }),
  serverMutant({
    name: 'calls return no promises',
    rule: 'R1',
    breaks: 'A store in memory has nothing to wait for.',
    caughtBy: ['R1-whole'],
    steps: (right) => ({ read: (id) => right.toRecord(id, right.find(id)[1]) as never }),
  }),
  serverMutant({
    name: 'create() resolves to a record',
    rule: 'C1',
    breaks: 'The caller will want it.',
    caughtBy: ['C1-unique', 'C1-same-options'],
    steps: (right) => ({ create: async (options) => ({ id: await right.create(options) }) as never }),
  }),
  serverMutant({
    name: 'update() resolves to nothing',
    rule: 'U2',
    breaks: 'The id does not change, so there is nothing to tell.',
    caughtBy: ['U2-same-id'],
    steps: (right) => ({ update: async (id, dataJson) => void (await right.update(id, dataJson)) as never }),
  }),
  serverMutant({
    name: 'touch() resolves to whether it was',
    rule: 'T4',
    breaks: 'EXPIRE answers 0 or 1.',
    caughtBy: ['T4-same-id'],
    steps: (right) => ({ touch: async (id, ttlMs) => Boolean(await right.touch(id, ttlMs)) as never }),
  }),
  serverMutant({
    name: 'isHealthy() answers PONG',
    rule: 'H1',
    breaks: 'So does the server.',
    caughtBy: ['H1-up'],
    steps: () => ({ isHealthy: async () => 'PONG' as never }),
  }),
  serverMutant({
    name: 'isHealthy() rejects',
    rule: 'H1',
    breaks: 'It asks for a method that the driver of this version lacks.',
    caughtBy: ['H1-up'],
    steps: () => ({ isHealthy: () => Promise.reject(new TypeError('client.ping is not a function')) }),
  }),
  serverMutant({
    name: 'isHealthy() is false until someone has asked twice',
    rule: 'H1',
    breaks: 'It tells the result of the last check, and begins the next one.',
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
    name: 'a broken seal is NotFound',
    rule: 'R4',
    breaks: 'To the visitor it is the same: there is no session.',
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
    name: 'a broken seal is the error of the cipher',
    rule: 'E1',
    breaks: 'decipher.final() throws by itself.',
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
    name: 'messages hold the seal',
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
    name: 'an expired seal is Invalid',
    rule: 'R3',
    breaks: 'The sealing library throws one error for all that is wrong with a seal.',
    caughtBy: ['R3-stays-gone', 'T3-expired', 'U3-expired', 'R4-expired-altered'],
    steps: (right) => ({
      find(id) {
        const fields = right.unseal(id)
        if (right.isOver(fields)) throw invalid('The seal is not valid.')
        return fields
      },
    }),
  }),
]
