import { expect, test } from 'vitest'
import { getDependencyReleaseLine, getReleaseLine } from '../bin/lib/changelog.js'

test('a changeset is one list item with its text unchanged', async () => {
  expect(await getReleaseLine({ summary: 'One line,\nanother.\n\nA paragraph.\n' })).toBe(
    '- One line,\n  another.\n\n  A paragraph.',
  )
})

test('all updated dependencies are one line, and none are no line', async () => {
  const core = { name: '@bext/session-core', newVersion: '0.2.0' }
  expect(await getDependencyReleaseLine([{ summary: 'a' }, { summary: 'b' }], [core])).toBe(
    '- Now needs @bext/session-core 0.2.0.',
  )
  expect(await getDependencyReleaseLine([], [])).toBe('')
})
