import { expect, test } from 'vitest'
import { oneOf, parseCommandLine, UsageError, wholeNumber } from '../src/index.js'

const options = { rounds: { type: 'string', default: '7' }, quick: { type: 'boolean', default: false } } as const

test('options and positionals are parsed', () => {
  const { values, positionals } = parseCommandLine(['redis', '--rounds', '9'], options)
  expect(positionals).toEqual(['redis'])
  expect({ ...values }).toEqual({ rounds: '9', quick: false })
})

test('a leading "--" is skipped, because pnpm passes it on', () => {
  expect(parseCommandLine(['--', 'redis', '--quick'], options)).toMatchObject({
    positionals: ['redis'],
    values: { quick: true },
  })
})

test.each([[['--slow']], [['--rounds']], [['--quick=no']]])('%j is a usage error', (args) => {
  expect(() => parseCommandLine(args, options)).toThrow(UsageError)
})

test('a word must be one of the allowed words', () => {
  expect(oneOf('--op', ['read', 'touch'], 'touch')).toBe('touch')
  expect(() => oneOf('--op', ['read', 'touch'], 'mix')).toThrow('--op must be one of read, touch, but it is "mix".')
})

test.each(['', '-1', '1.5', '1e3', '6', '1234567890'])('%j is not a whole number from 7 on', (text) => {
  expect(wholeNumber('--rounds', '7', 7)).toBe(7)
  expect(() => wholeNumber('--rounds', text, 7)).toThrow(UsageError)
})
