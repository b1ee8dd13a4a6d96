import { expect, test } from 'vitest'
import { describeSurvivor, judge, textAt } from '../src/survivors.js'

const survivor = { file: 'a.ts', line: 3, original: 'a < b', replacement: 'a <= b' }
const { line: _, ...change } = survivor
const reason = 'a is never b'

test('a survivor is explained by an entry with the same file, text and replacement', () => {
  expect(judge([survivor], [{ ...change, reason }])).toEqual({ unexplained: [], outdated: [] })
})

test.each([{ file: 'b.ts' }, { original: 'a > b' }, { replacement: 'a >= b' }])(
  'an entry with another %o explains nothing, and is outdated',
  (other) => {
    const entry = { ...change, reason, ...other }
    expect(judge([survivor], [entry])).toEqual({ unexplained: [survivor], outdated: [entry] })
  },
)

test('the text of a survivor is that between its positions', () => {
  const text = 'one\ntwo three\nfour five'
  expect(textAt(text, { start: { line: 2, column: 5 }, end: { line: 2, column: 10 } })).toBe('three')
  expect(textAt(text, { start: { line: 1, column: 2 }, end: { line: 3, column: 5 } })).toBe('ne\ntwo three\nfour')
})

test('a survivor is described by its place, its text and its replacement', () => {
  expect(describeSurvivor({ ...survivor, original: 'a\nb' })).toBe('a.ts:3\n- a\n- b\n+ a <= b')
})
