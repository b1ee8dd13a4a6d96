import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { privateFolder } from './support.js'

vi.setConfig({ testTimeout: 120_000 })

const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs')
const project = fileURLToPath(new URL('fixtures/project', import.meta.url))

interface Run {
  readonly code: number | string | null | undefined
  readonly output: string
}

function runProject(env: Record<string, string>): Promise<Run> {
  return new Promise((resolve) => {
    const args = [vitest, 'run', '--root', project]
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr })
    })
  })
}

test('the global setup provides servers that answer, and stops them', async () => {
  const folder = await privateFolder()
  const { code, output } = await runProject({ TMPDIR: folder })
  expect(output).toMatch(/1 passed/)
  expect(code).toBe(0)
  expect(readdirSync(folder).filter((name) => name.startsWith('bext-'))).toEqual([])
})

test('the run fails with the reasons if servers are missing, and stops the servers that did start', async () => {
  const folder = await privateFolder()
  const env = { BEXT_TEST_SERVICES: '', BEXT_REDIS_URL: 'redis://:hunter2@127.0.0.1:1', TMPDIR: folder }
  const { code, output } = await runProject(env)
  expect(code).toBe(1)
  expect(output).toContain('BEXT_REDIS_URL names a Redis server at 127.0.0.1:1')
  expect(output).not.toContain('hunter2')
  expect(readdirSync(folder).filter((name) => name.startsWith('bext-'))).toEqual([])
})
