import { expect, test } from 'vitest'
import { voiceFaults } from '../src/voice.js'
import { filesInGit, readText } from '../src/workspace.js'

// The contract is quoted as it was agreed; this check names what it forbids.
const exempt = new Set(['docs/contract.md', 'CONTRIBUTING.md', 'internal/checks/src/voice.ts'])

test('comments and docs follow the rules of plain English that a machine can check', () => {
  const faults = filesInGit()
    .filter((path) => !exempt.has(path) && !path.endsWith('/voice.test.ts'))
    .filter((path) => /\.(?:[jt]s|md)$/.test(path))
    .flatMap((path) =>
      voiceFaults(path, readText(path)).map(({ line, found, instead }) => `${path}:${line} "${found}": ${instead}`),
    )
  expect(faults).toEqual([])
})

test.each([
  ['a.ts', '/** What a store needs. */', 'What'],
  ['a.ts', '/**\n * How long it takes.\n */', 'How'],
  ['a.ts', 'call() // as the store is told', 'is told'],
  ['a.md', 'It begins anew.', 'anew'],
  ['a.md', 'A client of its own.', 'of its own'],
])('%s with %j is faulted', (path, text, found) => {
  expect(voiceFaults(path, text).map((fault) => fault.found.replace(/^\W+/, ''))).toEqual([found])
})

test('code is not prose', () => {
  expect(voiceFaults('a.md', '```ts\nconst anew = 1\n```')).toEqual([])
  expect(voiceFaults('a.ts', 'const anew = "but for"')).toEqual([])
  expect(voiceFaults('a.ts', '/**\n * Returns the text.\n * What follows is a list.\n */')).toEqual([])
})
