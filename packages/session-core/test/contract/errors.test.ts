import { isSessionError, SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

describe('SessionError', () => {
  it.each([
    ['unknown', 'NotFound'],
    ['expired', 'NotFound'],
    ['malformed', 'Invalid'],
    ['too_large', 'Invalid'],
    ['timeout', 'Backend'],
    ['full', 'Backend'],
  ] as const)('has the code that belongs to its reason: %s is %s (E1)', (reason, code) => {
    expect(new SessionError(reason, 'why')).toMatchObject({ name: 'SessionError', reason, code, message: 'why' })
  })

  it('has a cause only if one is passed (E3)', () => {
    const cause = new Error('driver')
    expect(new SessionError('failed', 'why', { cause }).cause).toBe(cause)
    expect('cause' in new SessionError('failed', 'why')).toBe(false)
  })

  it('is recognised by isSessionError across copies of the package, and nothing else is', async () => {
    const url = new URL('../../src/contract/errors.ts?copy', import.meta.url).href
    const copy = (await import(/* @vite-ignore */ url)) as { SessionError: typeof SessionError }
    expect(copy.SessionError).not.toBe(SessionError)
    expect(isSessionError(new copy.SessionError('unknown', 'from a copy'))).toBe(true)
    for (const other of [new Error('x'), undefined, null, 'x', {}, { code: 'NotFound', name: 'SessionError' }]) {
      expect(isSessionError(other)).toBe(false)
    }
  })
})

describe('toBackendError', () => {
  it("keeps the driver's error as the cause, and out of the message (E3)", () => {
    const cause = new Error('duplicate key (id)=(secret-id)')
    const error = toBackendError(cause, 'unavailable')
    expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable', cause })
    expect(error.message).not.toContain('secret-id')
  })

  it('returns a SessionError unchanged', () => {
    const error = new SessionError('unknown', 'gone')
    expect(toBackendError(error)).toBe(error)
  })
})
