import {
  checkCreateOptions,
  checkDataJson,
  checkExpectedDataJson,
  checkPositiveInteger,
  checkTimeoutMs,
  checkTtlMs,
  checkUserId,
  maxTtlMs,
  maxUserIdBytes,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

const invalid = (reason: string): object => expect.objectContaining({ code: 'Invalid', reason })

describe('checkTtlMs', () => {
  it('accepts whole milliseconds from 1 to the maximum (C7)', () => {
    for (const ttlMs of [1, 1000, 2 ** 31, maxTtlMs]) expect(checkTtlMs(ttlMs)).toBe(ttlMs)
    for (const ttlMs of [0, -1, 1.5, Number.NaN, Infinity, maxTtlMs + 1, '1000', null]) {
      expect(() => checkTtlMs(ttlMs)).toThrowError(invalid('bad_argument'))
    }
  })

  it('throws an error that says what is wrong and what is expected', () => {
    expect(() => checkTtlMs(1.5)).toThrowError(
      /^ttlMs must be a whole number of milliseconds from 1 to \d+, but it is the number 1.5.$/,
    )
  })
})

describe('checkDataJson', () => {
  it('counts bytes of UTF-8, not UTF-16 units (L1)', () => {
    expect(checkDataJson('"éé"', 6)).toBe('"éé"')
    expect(() => checkDataJson('"ééé"', 6)).toThrowError(invalid('too_large'))
    expect(() => checkDataJson('"ééé"', 6)).toThrowError(/8 bytes.*at most 6/)
  })

  it('rejects a raw lone surrogate with Invalid, and accepts an escaped one (R2)', () => {
    expect(() => checkDataJson('"\ud800"', 100)).toThrowError(invalid('bad_argument'))
    expect(checkDataJson(String.raw`"\ud800"`, 100)).toBe(String.raw`"\ud800"`)
  })

  it('keeps bad data out of the message, and has no cause that contains it (E3)', () => {
    const error = ((): unknown => {
      try {
        return checkDataJson('{"card":4111111111111111,}', 100)
      } catch (caught) {
        return caught
      }
    })()
    expect(error).toEqual(invalid('bad_argument'))
    expect(String(error)).not.toContain('4111')
    expect((error as Error).cause).toBeUndefined()
  })
})

describe('checkExpectedDataJson', () => {
  it('returns null for a text that no session can have (O4)', () => {
    expect(checkExpectedDataJson('{"a":1}')).toBe('{"a":1}')
    expect(checkExpectedDataJson('"a\u0000b"')).toBeNull()
    expect(checkExpectedDataJson('"\ud800"')).toBeNull()
    expect(() => checkExpectedDataJson(undefined)).toThrowError(
      /expectedDataJson must be a string, but it is undefined/,
    )
  })
})

describe('checkUserId', () => {
  it('accepts any valid UTF-8 text up to the limit (I3)', () => {
    for (const userId of ['', 'a\u0000b', '__proto__', 'x'.repeat(maxUserIdBytes)])
      expect(checkUserId(userId)).toBe(userId)
    expect(() => checkUserId('\ud800')).toThrowError(invalid('bad_argument'))
    expect(() => checkUserId('é'.repeat(maxUserIdBytes / 2 + 1))).toThrowError(invalid('too_large'))
    expect(() => checkUserId(null)).toThrowError(/userId must be a string, but it is null/)
  })
})

describe('checkCreateOptions', () => {
  it('copies the options (R7)', () => {
    const given = { userId: 'ann', dataJson: '{}', ttlMs: 5 }
    const checked = checkCreateOptions(given, { maxDataBytes: 10 })
    Object.assign(given, { userId: 'eve' })
    expect(checked).toEqual({ userId: 'ann', dataJson: '{}', ttlMs: 5 })
  })

  it('rejects a value that is no object with Invalid', () => {
    for (const options of [undefined, null, 'x', 5]) {
      expect(() => checkCreateOptions(options, { maxDataBytes: 10 })).toThrowError(invalid('bad_argument'))
    }
  })
})

describe('options of factories', () => {
  it('throws an error that names the option, its type and the expected type', () => {
    expect(() => checkPositiveInteger('fooSessions', 'timeoutMs', '5')).toThrowError(
      new TypeError('fooSessions: option timeoutMs must be a positive integer, but it is a string.'),
    )
    for (const value of [0, -1, 1.5, Number.NaN, Infinity, null, undefined, {}]) {
      expect(() => checkPositiveInteger('fooSessions', 'timeoutMs', value)).toThrowError(TypeError)
    }
    expect(checkPositiveInteger('fooSessions', 'timeoutMs', 5)).toBe(5)
  })

  it('rejects a timeout that is too long for a timer', () => {
    expect(checkTimeoutMs('fooSessions', 2 ** 31 - 1)).toBe(2 ** 31 - 1)
    expect(() => checkTimeoutMs('fooSessions', 2 ** 31)).toThrowError(
      new TypeError('fooSessions: option timeoutMs must be at most 2147483647, but it is 2147483648.'),
    )
    expect(() => checkTimeoutMs('fooSessions', 0)).toThrowError(/timeoutMs must be a positive integer/)
  })

  it('throws for an unknown option', () => {
    expect(() => rejectUnknownOptions('fooSessions', { ttl: 5 }, ['ttlMs'])).toThrowError(
      new TypeError('fooSessions: there is no option "ttl"; known are ttlMs.'),
    )
    for (const options of [null, [], 'x', 7]) {
      expect(() => rejectUnknownOptions('fooSessions', options, ['ttlMs'])).toThrowError(TypeError)
    }
  })
})
