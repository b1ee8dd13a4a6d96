import { describe, expect, it } from 'vitest'
import { UserError } from '../src/user-error.js'
import { parseOptions } from '../src/options.js'
import { ended, startDemo } from './start-demo.js'

it('has a default for every option', () => {
  expect(parseOptions([])).toEqual({
    store: undefined,
    port: 3000,
    ttlMs: undefined,
    once: false,
    browser: false,
    screenshots: undefined,
    help: false,
  })
})

it('takes every option', () => {
  const args = ['--store', 'redis', '--port=0', '--ttl', '43200', '--browser', '--screenshots', 'pictures', '--help']
  expect(parseOptions(args)).toEqual({
    store: 'redis',
    port: 0,
    ttlMs: 43_200_000,
    once: false,
    browser: true,
    screenshots: 'pictures',
    help: true,
  })
  expect(parseOptions(['--once'])).toMatchObject({ once: true, browser: false })
})

describe('a wrong option is a failure with the usage and exit code 2', () => {
  it.each([
    ['an unknown option', ['--stor', 'pg'], /'--stor'/],
    ['an unknown store', ['--store', 'disk'], /--store .*"disk"/],
    ['a store that is missing', ['--store'], /--store/],
    ['an argument', ['pg'], /pg/],
    ['a port that is no number', ['--port', 'x1'], /--port .*"x1"/],
    ['a port that is too large', ['--port', '65536'], /--port .*65535/],
    ['an empty port', ['--port', ''], /--port/],
    ['no time to live', ['--ttl', '0'], /--ttl .*43200.*"0"/],
    ['a time to live that is no number', ['--ttl', '5s'], /--ttl .*"5s"/],
    ['a time to live over the absolute one', ['--ttl', '43201'], /--ttl .*"43201"/],
    ['both walks', ['--once', '--browser'], /exclude each other/],
    ['screenshots without a browser', ['--screenshots', 'pictures'], /--screenshots requires --browser/],
    ['screenshots without a folder', ['--browser', '--screenshots', ''], /--screenshots must be followed by a folder/],
    ['a value for a flag', ['--once=yes'], /--once/],
  ])('%s', (_, args, message) => {
    let failure: unknown
    try {
      parseOptions(args)
    } catch (error) {
      failure = error
    }
    expect(failure).toBeInstanceOf(UserError)
    const usage = expect.stringContaining('Usage: npm run demo') as string
    expect(failure).toMatchObject({ exitCode: 2, message: usage })
    expect((failure as Error).message).toMatch(message)
  })
})

it('ends so as a program', async () => {
  const { code, stdout, stderr } = await ended(startDemo(['--store', 'disk']))
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('"disk"')
  expect(stderr).toContain('Usage: npm run demo')
})

it('prints the usage on request', async () => {
  const { code, stdout } = await ended(startDemo(['--help']))
  expect(code).toBe(0)
  expect(stdout).toContain('Usage: npm run demo')
})
