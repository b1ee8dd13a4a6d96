import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { longest } from '../src/longest-first.js'
import { root } from '../src/workspace.js'

test('the files that a run starts first exist', () => {
  expect(longest.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
