import { expect, inject, test } from 'vitest'
import { outdatedReports } from '../src/api-report.js'
import { bundledBytes, entriesOf } from '../src/bundle-size.js'
import { entriesByNeed } from '../src/consumer-types.js'
import { licencesOfDependencies, permissive } from '../src/licences.js'
import { sizeBudgets } from '../src/size-budgets.js'
import { packages, readText } from '../src/workspace.js'

const entries = packages.flatMap((one) => entriesOf(one).map(({ entry }) => entry))
const { edge } = entriesByNeed()

test('the reports in packages/*/api match the declarations: npm run api writes them', () => {
  expect(inject('buildProblem')).toBe('')
  expect(outdatedReports()).toEqual([])
})

test('every entry has a budget, and another for the edge if it needs nothing of Node', () => {
  const budgeted = sizeBudgets.map(({ entry, runtime }) => `${entry} ${runtime}`)
  const wanted = [...entries.map((entry) => `${entry} node`), ...edge.map((entry) => `${entry} edge`)]
  expect(budgeted.toSorted()).toEqual(wanted.toSorted())
})

test.each(sizeBudgets)('$entry on $runtime weighs at most $maxBytes bytes', async ({ entry, runtime, maxBytes }) => {
  expect(await bundledBytes(entry, runtime)).toBeLessThanOrEqual(maxBytes)
})

test('an entry that needs Node does not bundle for the edge', async () => {
  await expect(bundledBytes('@bext/session-pg', 'edge')).rejects.toThrow('node:')
})

test('every dependency of a user is listed with its licence, which is permissive', () => {
  const dependencies = licencesOfDependencies()
  expect(dependencies.filter(({ licence }) => !permissive.includes(licence))).toEqual([])
  const listed = [...readText('docs/dependencies.md').matchAll(/^\| `(\S+)` \| (\S+) \|$/gm)]
  expect(listed.map(([, name, licence]) => ({ name, licence }))).toEqual(
    dependencies.map(({ name, licence }) => ({ name, licence })),
  )
})
