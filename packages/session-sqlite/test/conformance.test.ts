import { fileURLToPath } from 'node:url'
import { runWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import { expect, test } from 'vitest'

const cwd = fileURLToPath(new URL('.', import.meta.url))

// The kit runs in a process with a newer Node, which the drivers need. "pnpm runtimes sqlite" runs it over the others.
test('the store passes the kit over better-sqlite3', { timeout: 300_000 }, async () => {
  const report = JSON.parse(await runWithSqlite(cwd, 'in-child/conformance.ts', 'better-sqlite3')) as {
    passed: string[]
    others: string[]
  }
  expect(report.others.join('\n\n')).toBe('')
  expect(report.passed).toEqual(
    expect.arrayContaining(['U3-deleted', 'L2-goes-on', 'E4-forbidden', 'O3-ends', 'O6-taken']),
  )
})
