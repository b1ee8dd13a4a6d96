import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cookieSessions } from '@bext/session-cookie'
import { expect, test } from 'vitest'
import { hourMs } from './helpers.js'

const source = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: string[]): Promise<RunResult> {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', source, ...args]).then(
    (output) => ({ code: 0, ...output }),
    (error: RunResult) => error,
  )
}

test('generate-secret prints a different secret each time, and the store accepts it', async () => {
  const [first, second] = await Promise.all([run('generate-secret'), run('generate-secret')])
  expect(first.stdout).toMatch(/^[\w-]{43}\n$/)
  expect(first.stdout).not.toBe(second.stdout)
  const store = cookieSessions({ secrets: [{ id: 'k1', secret: first.stdout.trim() }] })
  await store.read(await store.create({ dataJson: '1', ttlMs: hourMs }))
})

test('any other command line prints the usage', async () => {
  const [none, help, wrong] = await Promise.all([run(), run('--help'), run('generate')])
  for (const { stdout } of [none, help]) expect(stdout).toMatch(/Usage: session-cookie generate-secret/)
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toMatch(/unknown command; expected generate-secret/)
})
