import { expect, test } from 'vitest'
import { createRegister } from '../src/versioned-value.js'

test('a value that was replaced may not be read again', () => {
  const register = createRegister()
  const first = register.begin(0)
  register.end(first, 'acknowledged', 1)
  const second = register.begin(2)
  expect(register.see(first, { startMs: 3, endMs: 4 })).toBeUndefined()
  register.end(second, 'acknowledged', 5)
  expect(register.see(second, { startMs: 6, endMs: 7 })).toBeUndefined()
  expect(register.see(first, { startMs: 6, endMs: 7 })).toMatchObject({ kind: 'lost' })
})

test('a write that was reported as failed may have happened before, not after', () => {
  const register = createRegister()
  const first = register.begin(0)
  register.end(first, 'acknowledged', 1)
  const second = register.begin(2)
  register.end(second, 'failed', 4)
  expect(register.see(second, { startMs: 5, endMs: 6 })).toBeUndefined()
  const third = register.begin(7)
  register.end(third, 'failed', 8)
  expect(register.see(second, { startMs: 9, endMs: 10 })).toBeUndefined()
  expect(register.see(third, { startMs: 11, endMs: 12 })).toMatchObject({ kind: 'late', sinceMs: 9 })
})

test('two writes at once leave either of their values, and a read settles which', () => {
  const register = createRegister()
  const [one, other] = [register.begin(0), register.begin(0)]
  register.end(one, 'acknowledged', 5)
  register.end(other, 'acknowledged', 6)
  expect(register.see(one, { startMs: 7, endMs: 8 })).toBeUndefined()
  expect(register.see(other, { startMs: 9, endMs: 10 })).toMatchObject({ kind: 'lost' })
})

test('a value that nobody wrote is foreign, and so is one that was taken back', () => {
  const register = createRegister()
  const value = register.begin(0)
  register.withdraw(value)
  expect(register.see(value, { startMs: 1, endMs: 2 })).toMatchObject({ kind: 'foreign' })
  expect(register.see(7, { startMs: 1, endMs: 2 })).toMatchObject({ kind: 'foreign' })
})
