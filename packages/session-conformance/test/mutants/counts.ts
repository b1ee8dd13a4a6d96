import { SessionError } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'

/** Stores that break after many calls, or with many sessions. */
export const countMutants: readonly Mutant[] = [
  serverMutant({
    name: 'a version of one byte counts updates',
    rule: 'U1',
    breaks: 'The version is 0 again after 256 updates, and the write is taken for an old one.',
    caughtBy: ['U1-many'],
    steps: (right) => {
      const versions = new Map<string, number>()
      return {
        async update(id, dataJson) {
          const version = (versions.get(id) ?? 0) + 1
          versions.set(id, version)
          return version > 255 ? id : right.update(id, dataJson)
        },
      }
    },
  }),
  serverMutant({
    name: 'a rejected call does not return its connection',
    rule: 'E5',
    breaks: 'The connection is released after the await, and not in a finally block.',
    caughtBy: ['E5-after-rejections'],
    steps: (right) => {
      let free = 20
      async function onConnection<T>(work: () => Promise<T>): Promise<T> {
        if (free === 0) throw new SessionError('timeout', 'No connection is free.')
        free -= 1
        const result = await work()
        free += 1
        return result
      }
      return {
        read: (id) => onConnection(() => right.read(id)),
        update: (id, dataJson) => onConnection(() => right.update(id, dataJson)),
      }
    },
  }),
  serverMutant({
    name: 'a list has at most a hundred sessions',
    rule: 'O1',
    breaks: 'The query has the limit of the page that shows it.',
    caughtBy: ['O1-many'],
    steps: (right) => ({ listUserSessions: async (userId) => (await right.listUserSessions(userId)).slice(0, 100) }),
  }),
  serverMutant({
    name: 'ending all sessions ends at most a hundred',
    rule: 'O1',
    breaks: 'SCAN returns one page, and its cursor is ignored.',
    caughtBy: ['O1-many'],
    steps: (right) => ({
      async endUserSessions(userId, options) {
        const keys = right.keysOfUser(userId)
        if (keys.length <= 100) return right.endUserSessions(userId, options)
        for (const key of keys.slice(0, 100)) right.remove(key)
      },
    }),
  }),
]
