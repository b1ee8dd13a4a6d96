import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { satisfies } from '../bin/lib/prepare.js'
import { installStamp, manifestPaths } from '../bin/lib/workspace.js'

let folder = ''

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bext-stamp-'))
  write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - examples/*\n')
  write('pnpm-lock.yaml', 'lockfileVersion: 9\n')
  write('package.json', '{}')
  write('packages/a/package.json', '{ "name": "a" }')
  write('packages/a/src/index.ts', '')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the manifests are those of the root and of every member', () => {
  write('examples/z/package.json', '{}')
  write('other/package.json', '{}')
  expect(manifestPaths(folder)).toEqual(['package.json', 'examples/z/package.json', 'packages/a/package.json'])
})

const member = 'packages/a/package.json'
const newMember = 'packages/b/package.json'
test.each(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', member, newMember])(
  'a change of %s asks for an install',
  (path) => {
    const before = installStamp(folder)
    write(path, 'packages:\n  - packages/*\n# changed')
    expect(installStamp(folder)).not.toBe(before)
  },
)

test('a changed source or another folder requires no install', () => {
  const before = installStamp(folder)
  write('packages/a/src/index.ts', 'export {}')
  const copy = `${folder}-copy`
  cpSync(folder, copy, { recursive: true })
  expect(installStamp(copy)).toBe(before)
  rmSync(copy, { recursive: true })
})

test.each([
  ['20.19.0', true],
  ['20.18.3', false],
  ['18.20.8', false],
  ['22.1.0', true],
])('Node %s satisfies >=20.19: %s', (version, satisfied) => {
  expect(satisfies(version, '>=20.19')).toBe(satisfied)
})
