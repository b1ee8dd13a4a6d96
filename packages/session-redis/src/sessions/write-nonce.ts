import { randomBytes, randomInt } from 'node:crypto'
import { nonceChars, timeDigits } from './record.js'

// A driver may send a write again after the server has carried it out, because the connection broke before the reply.
// To recognise such a second delivery, each write of data carries a nonce, which its script stores in the record. A
// script that finds its own nonce reports success and changes nothing (contract E6). A nonce begins with random
// characters of this process and ends with a counter, so no two writes that could be delivered again at the same time
// share one.
//
// An anonymous create uses the place of `indexedUntil`, which no index needs then. That saves the bytes of a nonce.

const processPrefix = randomBytes(6).toString('base64url')
const countChars = nonceChars - processPrefix.length
const countLimit = 36 ** countChars
const anonymousLimit = 10 ** timeDigits
const firstAnonymous = randomInt(2 ** 43)
let count = 0

/** Creates the nonce of a write: twelve characters without quotes and line feeds. */
export function createNonce(): string {
  count += 1
  return processPrefix + (count % countLimit).toString(36).padStart(countChars, '0')
}

/** Creates the nonce of a create without a user, which is stored as its `indexedUntilMs`. */
export function createAnonymousNonce(): number {
  count += 1
  return (firstAnonymous + count) % anonymousLimit
}

/** Creates the mark of an index entry. No other entry has it. */
export function createMark(): string {
  return `@${createNonce()}`
}
