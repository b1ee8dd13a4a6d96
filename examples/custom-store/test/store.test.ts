import { fileURLToPath } from 'node:url'
import { runWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import { describe, expect, test } from 'vitest'

const cwd = fileURLToPath(new URL('.', import.meta.url))

// The first run may fetch a Node.
describe('the SQLite store', { timeout: 300_000 }, () => {
  test('passes every case of the kit for a server-backed store with sweep() and close()', async () => {
    const report = JSON.parse(await runWithSqlite(cwd, 'in-child/conformance.ts')) as {
      passed: string[]
      others: string[]
    }
    expect(report.others.join('\n\n')).toBe('')
    expect(report.passed).toEqual(expect.arrayContaining(['U3-deleted', 'D2-no-trace', 'O2-at-once', 'O3-ends']))
  })

  test('is right with several processes on one file', async () => {
    await runWithSqlite(cwd, 'in-child/processes.ts')
  })
})
