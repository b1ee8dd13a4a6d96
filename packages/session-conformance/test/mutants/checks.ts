import type { CreateOptions } from '@bext/session-core'
import { SessionError } from '@bext/session-core'

/** Checks of arguments. A mutant may replace each of them. */
export interface Checks {
  readonly checkTtl: (ttlMs: unknown) => number
  readonly checkData: (dataJson: unknown) => string
  readonly checkUser: (userId: unknown) => string | undefined
  readonly checkOptions: (options: unknown) => Required<CreateOptions>
}

export const maxDataBytes = 1_048_576

export function invalid(message: string): SessionError {
  return new SessionError('bad_argument', message)
}

export function tooLarge(bytes: number, limit: number): SessionError {
  return new SessionError('too_large', `It has ${bytes} bytes; at most ${limit} are taken.`)
}

/** Returns the correct checks. `self` has the replacements of a mutant. */
export function rightChecks(self: Checks): Checks {
  return {
    checkTtl(ttlMs) {
      const isSafe =
        typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && Number.isSafeInteger(Date.now() + ttlMs)
      if (isSafe && ttlMs > 0) return ttlMs
      throw invalid('ttlMs must be a positive number of milliseconds.')
    },

    checkData(dataJson) {
      if (typeof dataJson !== 'string' || !dataJson.isWellFormed()) throw invalid('dataJson must be text.')
      const bytes = Buffer.byteLength(dataJson)
      if (bytes > maxDataBytes) throw tooLarge(bytes, maxDataBytes)
      try {
        JSON.parse(dataJson)
      } catch {
        throw invalid('dataJson must be JSON.')
      }
      return dataJson
    },

    checkUser(userId) {
      if (userId === undefined || (typeof userId === 'string' && userId.isWellFormed())) return userId
      throw invalid('userId must be text.')
    },

    checkOptions(options) {
      if (typeof options !== 'object' || options === null) throw invalid('create() needs options.')
      const { userId, dataJson, ttlMs } = options as Record<keyof CreateOptions, unknown>
      return { userId: self.checkUser(userId), dataJson: self.checkData(dataJson), ttlMs: self.checkTtl(ttlMs) }
    },
  }
}
