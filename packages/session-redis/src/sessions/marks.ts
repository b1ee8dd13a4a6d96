import { randomBytes, randomInt } from 'node:crypto'
import { markIdChars, timeDigits } from './record.js'

// Random for each process, and counted in it: no two writes that may be delivered again at the same time have the same.
const ofProcess = randomBytes(6).toString('base64url')
const countChars = markIdChars - ofProcess.length
const countLimit = 36 ** countChars
const anonymousLimit = 10 ** timeDigits
const firstAnonymous = randomInt(2 ** 43)
let count = 0

/** The mark of a write: twelve characters without quotes and line feeds. */
export function nextMarkId(): string {
  count += 1
  return ofProcess + (count % countLimit).toString(36).padStart(countChars, '0')
}

/** The mark of a create without a user, in the place of the time until which it is indexed. */
export function nextAnonymousMark(): number {
  count += 1
  return (firstAnonymous + count) % anonymousLimit
}
