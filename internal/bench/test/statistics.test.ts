import { expect, test } from 'vitest'
import { quartilesOf } from '../src/measure/statistics.js'

test('the median of an odd number of values is the middle one', () => {
  expect(quartilesOf([5, 1, 3, 2, 4])).toEqual({ q1: 2, median: 3, q3: 4 })
})

test('values in between are interpolated linearly', () => {
  expect(quartilesOf([4, 1, 3, 2])).toEqual({ q1: 1.75, median: 2.5, q3: 3.25 })
})

test('a single value is median and both quartiles, and the input is not changed', () => {
  const values = [7]
  expect(quartilesOf(values)).toEqual({ q1: 7, median: 7, q3: 7 })
  const unsorted = [10, 9, 100]
  expect(quartilesOf(unsorted).median).toBe(10)
  expect(unsorted).toEqual([10, 9, 100])
})

test('an empty list has no quartiles', () => {
  expect(quartilesOf([])).toEqual({ q1: Number.NaN, median: Number.NaN, q3: Number.NaN })
})
