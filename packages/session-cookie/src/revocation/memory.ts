import type { SessionRevocations } from '@bext/session-core'

interface UserRevocation {
  readonly notAfterMs: number
  readonly untilMs: number
}

function removeExpired<T>(entries: Map<string, T>, untilOf: (entry: T) => number): void {
  const now = Date.now()
  for (const [key, entry] of entries) if (untilOf(entry) <= now) entries.delete(key)
}

/** Stores revocations in memory, for a single process and for tests. They are lost when the process ends. */
export function memoryRevocations(): SessionRevocations {
  const sessions = new Map<string, number>()
  const users = new Map<string, UserRevocation>()
  // A clean-up visits every entry, so it waits until there are twice as many as the last one left.
  let cleanUpAt = 1000

  function cleanUp(): void {
    if (sessions.size + users.size < cleanUpAt) return
    removeExpired(sessions, (untilMs) => untilMs)
    removeExpired(users, ({ untilMs }) => untilMs)
    cleanUpAt = Math.max(1000, 2 * (sessions.size + users.size))
  }

  return {
    async isRevoked(familyId, userId, createdAtMs) {
      if (sessions.has(familyId)) return true
      const revocation = userId === undefined ? undefined : users.get(userId)
      return revocation !== undefined && createdAtMs <= revocation.notAfterMs
    },

    async revokeSession(familyId, untilMs) {
      cleanUp()
      sessions.set(familyId, Math.max(untilMs, sessions.get(familyId) ?? 0))
    },

    async revokeUser(userId, notAfterMs, untilMs) {
      cleanUp()
      const earlier = users.get(userId)
      users.set(userId, {
        notAfterMs: Math.max(notAfterMs, earlier?.notAfterMs ?? 0),
        untilMs: Math.max(untilMs, earlier?.untilMs ?? 0),
      })
    },
  }
}
