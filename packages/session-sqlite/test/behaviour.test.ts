import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import { expect, test } from 'vitest'
import { driverNames } from './helpers/drivers.js'

const cwd = fileURLToPath(new URL('.', import.meta.url))

// The first run may fetch a Node.
const slow = { timeout: 300_000 }

test.each(driverNames)('locks, kills, damage, transactions and migrations with %s', slow, async (driver) => {
  await runWithSqlite(cwd, 'in-child/behaviour.ts', driver)
})

test.each([
  ['Example', 'ann {"visits":1}'],
  ['Doctor', 'problem table it is missing'],
])('the example of the README runs: %s', slow, async (heading, output) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const section = readme.slice(readme.indexOf(`\n## ${heading}\n`))
  const code = /^```ts no-run\n(.*?)^```$/ms.exec(section)?.[1] ?? ''
  // Inside of the package, so that its imports are found.
  const folder = mkdtempSync(join(cwd, '.readme-'))
  try {
    writeFileSync(join(folder, 'example.ts'), code.replace('sessions.db', join(folder, 'sessions.db')))
    expect(await runWithSqlite(cwd, join(folder, 'example.ts'))).toContain(output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
