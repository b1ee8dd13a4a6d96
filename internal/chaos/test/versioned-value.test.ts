import { expect, test } from 'vitest'
import { createVersionedValue } from '../src/versioned-value.js'

test('reading a version again after it was replaced is an anomaly', () => {
  const versions = createVersionedValue()
  const first = versions.begin(0)
  versions.end(first, 'acknowledged', 1)
  const second = versions.begin(2)
  expect(versions.see(first, { startMs: 3, endMs: 4 })).toBeUndefined()
  versions.end(second, 'acknowledged', 5)
  expect(versions.see(second, { startMs: 6, endMs: 7 })).toBeUndefined()
  expect(versions.see(first, { startMs: 6, endMs: 7 })).toMatchObject({ kind: 'lost' })
})

test('a failed write may take effect before its end, but not after it', () => {
  const versions = createVersionedValue()
  const first = versions.begin(0)
  versions.end(first, 'acknowledged', 1)
  const second = versions.begin(2)
  versions.end(second, 'failed', 4)
  expect(versions.see(second, { startMs: 5, endMs: 6 })).toBeUndefined()
  const third = versions.begin(7)
  versions.end(third, 'failed', 8)
  expect(versions.see(second, { startMs: 9, endMs: 10 })).toBeUndefined()
  expect(versions.see(third, { startMs: 11, endMs: 12 })).toMatchObject({ kind: 'late', sinceMs: 9 })
})

test('two concurrent writes leave either version, and a read decides which', () => {
  const versions = createVersionedValue()
  const [one, other] = [versions.begin(0), versions.begin(0)]
  versions.end(one, 'acknowledged', 5)
  versions.end(other, 'acknowledged', 6)
  expect(versions.see(one, { startMs: 7, endMs: 8 })).toBeUndefined()
  expect(versions.see(other, { startMs: 9, endMs: 10 })).toMatchObject({ kind: 'lost' })
})

test('a version that was never written, or was withdrawn, is foreign', () => {
  const versions = createVersionedValue()
  const value = versions.begin(0)
  versions.withdraw(value)
  expect(versions.see(value, { startMs: 1, endMs: 2 })).toMatchObject({ kind: 'foreign' })
  expect(versions.see(7, { startMs: 1, endMs: 2 })).toMatchObject({ kind: 'foreign' })
})
