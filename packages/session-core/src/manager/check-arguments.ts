import { SessionError } from '../contract/errors.js'
import { describeAmount, describeType } from '../store-helpers/option-checks.js'

/** Returns the user id that a call was given. Throws `Invalid` if it is empty or not a string. */
export function checkUserIdOfCall(call: string, userId: unknown): string {
  if (typeof userId === 'string' && userId !== '') return userId
  const given = userId === '' ? 'empty' : describeType(userId)
  throw new SessionError('bad_argument', `${call}: userId must be a non-empty string, but it is ${given}.`)
}

/** Returns the grace period of a rotation. Throws `Invalid` if it is not a whole number of milliseconds, 0 or more. */
export function checkGraceMs(graceMs: unknown): number {
  if (typeof graceMs === 'number' && Number.isSafeInteger(graceMs) && graceMs >= 0) return graceMs
  const expected = 'a whole number of milliseconds, 0 or more'
  throw new SessionError('bad_argument', `rotate: graceMs must be ${expected}, but it is ${describeAmount(graceMs)}.`)
}

/** Returns the age of a sign-in. Throws `Invalid` if it is not a positive whole number of milliseconds. */
export function checkWithinMs(withinMs: unknown): number {
  if (typeof withinMs === 'number' && Number.isSafeInteger(withinMs) && withinMs > 0) return withinMs
  const given = describeAmount(withinMs)
  const message = `isAuthenticatedWithin: withinMs must be a positive whole number of milliseconds, but it is ${given}.`
  throw new SessionError('bad_argument', message)
}
