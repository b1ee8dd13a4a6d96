import { memorySessions } from '@bext/session-core/memory'
import { formatTime } from '../format-time.js'
import type { DemoStore } from './store.js'

export function openMemoryStore(): DemoStore {
  const plugin = memorySessions()
  return {
    plugin,
    place: 'in this process',
    keeps: 'A record under the SHA-256 of the id, never the id.',
    isServerBacked: true,
    shows: 'the sessions of the signed-in user, because the store cannot list anonymous sessions',
    async look(userId) {
      const sessions = userId === undefined ? [] : await plugin.listUserSessions(userId)
      return {
        columns: ['hash of the id', 'created', 'expires'],
        rows: sessions.map((one) => [one.handle, formatTime(one.createdAtMs), formatTime(one.expiresAtMs)]),
      }
    },
    async close() {},
  }
}
