import type { UserRecordsCapability } from '@bext/session-core'
import type { Mutant } from './mutant.js'
import type { RedisHarnessOptions, RedisMutation, RedisServer, RedisSteps } from './redis-base.js'
import { redisHarness, scripts } from './redis-base.js'

type RecordSteps = Partial<RedisSteps> & UserRecordsCapability

const compare = scripts.update.replace(
  "if not value then return {now, 'missing'} end",
  `if not value then return {now, 'gone'} end
    if string.sub(value, string.find(value, '\\n', 1, true) + 1) ~= ARGV[4] then return {now, 'changed'} end`,
)

type Update = UserRecordsCapability['updateUserRecord']

/** A store with records by user. Its update by handle does not recognise its own write when it is delivered again. */
function withRecords(changeUpdate: (update: Update, right: RedisSteps) => Update): RedisMutation {
  return (right): RecordSteps => {
    async function update(_: string, handle: string, expected: string, dataJson: string): ReturnType<Update> {
      const outcome = await right.write(compare, right.prefix + handle, right.checkData(dataJson), expected)
      return { outcome: outcome === 'gone' || outcome === 'changed' ? outcome : 'updated' }
    }
    return {
      async listUserRecords(userId) {
        const listed = await right.listUserSessions(userId)
        const values = await Promise.all(
          listed.map(({ handle }) => right.bounded(() => right.client.get(right.prefix + handle))),
        )
        return listed.flatMap((summary, position) => {
          const value = values[position]
          return value ? [{ ...summary, dataJson: value.slice(value.indexOf('\n') + 1) }] : []
        })
      },
      updateUserRecord: changeUpdate(update, right),
    }
  }
}

function recordMutant(
  described: Omit<Mutant<RedisServer>, 'make'>,
  changeUpdate: (update: Update, right: RedisSteps) => Update,
  options: RedisHarnessOptions,
): Mutant<RedisServer> {
  const harness = { capabilities: ['user-index', 'user-records'] } as const
  return {
    ...described,
    make: (server) => redisHarness(described.name, server, withRecords(changeUpdate), { ...options, harness }),
  }
}

/** Broken stores over Redis whose update of a user's session by its handle is wrong. */
export const redisRecordMutants: readonly Mutant<RedisServer>[] = [
  recordMutant(
    {
      name: 'redis: a resent updateUserRecord() conflicts with its own write',
      rule: 'E6',
      breaks: 'The second delivery finds the data of the first instead of the data read.',
      caughtBy: ['E6-twice-user-record'],
    },
    (update) => update,
    { driver: () => ({ retryStrategy: () => 30 }) },
  ),
  recordMutant(
    {
      name: 'redis: updateUserRecord() compares in the process',
      rule: 'O5',
      breaks: 'GET and SET are two commands.',
      caughtBy: ['O5-step'],
    },
    (update, right) => async (userId, handle, expected, dataJson) => {
      const value = (await right.client.get(right.prefix + handle)) ?? ''
      if (value.slice(value.indexOf('\n') + 1) !== expected) return update(userId, handle, expected, dataJson)
      await right.write(scripts.update, right.prefix + handle, dataJson)
      return { outcome: 'updated' }
    },
    {},
  ),
]
