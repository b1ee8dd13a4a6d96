import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createMac as createNodeMac } from '../src/mac/mac-node.js'
import { createMac as createWebMac } from '../src/mac/mac-web.js'
import { createTags } from '../src/tags.js'

test('both implementations compute the same', () => {
  for (const text of ['', 'text', 'ä€😀', 'x'.repeat(5000)]) {
    const secret = randomBytes(32)
    expect(createWebMac(secret)(text)).toBe(createNodeMac(secret)(text))
  }
})

test('a text opens for its use and its context only, whole and unchanged', () => {
  const tags = createTags([{ id: 'k1', bytes: randomBytes(32) }])
  const text = tags.seal('refresh challenge', ['a', 'b'], 'session')
  expect(tags.open('refresh challenge', text, 'session')).toEqual(['a', 'b'])
  expect(tags.open('registration challenge', text, 'session')).toBeUndefined()
  expect(tags.open('bound cookie', text, 'session')).toBeUndefined()
  expect(tags.open('refresh challenge', text, 'other')).toBeUndefined()
  expect(tags.open('refresh challenge', text)).toBeUndefined()
  for (const changed of [
    `${text}A`,
    text.slice(0, -1),
    `${text}.`,
    `k2${text.slice(2)}`,
    text.replace('a', 'c'),
    '',
    '.',
  ]) {
    expect(tags.open('refresh challenge', changed, 'session')).toBeUndefined()
  }
})

test('a text does not open if any one of its characters is another', () => {
  const tags = createTags([{ id: 'k1', bytes: randomBytes(32) }])
  const text = tags.seal('bound cookie', ['a', 'b'])
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'x' ? 'y' : 'x'
    expect([at, tags.open('bound cookie', text.slice(0, at) + other + text.slice(at + 1))]).toEqual([at, undefined])
  }
})
