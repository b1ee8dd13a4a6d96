import { asSessionId } from '@bext/session-core'
import { expect, test } from 'vitest'
import { createRecentProofs } from '../src/recent-proofs.js'

const proof = { endsAtMs: 2, bindingExpiresAtMs: 3 }
const id = asSessionId('id')

test('a proof is looked for once for each session and cookie', () => {
  const recent = createRecentProofs()
  const found: string[] = []
  const get = (session: string, cookie: string): unknown =>
    recent.getOrAdd(asSessionId(session), cookie, () => {
      found.push(`${session} ${cookie}`)
      return proof
    })
  for (const [session, cookie] of [
    ['id', 'a'],
    ['id', 'a'],
    ['id', 'b'],
    ['other', 'a'],
  ] as const) {
    expect(get(session, cookie)).toEqual(proof)
  }
  expect(found).toEqual(['id a', 'id b', 'other a'])
})

test('a cookie that is not genuine is looked for again, and no proof keeps more than its times', () => {
  const recent = createRecentProofs()
  expect(recent.getOrAdd(id, 'a', () => undefined)).toBeUndefined()
  const whole = { ...proof, handleStart: 'a slice of the header', thumbprint: 'another slice' }
  expect(recent.getOrAdd(id, 'a', () => whole)).toEqual(proof)
  expect(recent.getOrAdd(id, 'a', () => undefined)).toEqual(proof)
})

test('the first of 4097 proofs is dropped', () => {
  const recent = createRecentProofs()
  for (let count = 0; count <= 4096; count += 1) recent.getOrAdd(id, String(count), () => proof)
  expect(recent.getOrAdd(id, '1', () => undefined)).toEqual(proof)
  expect(recent.getOrAdd(id, '0', () => undefined)).toBeUndefined()
})
