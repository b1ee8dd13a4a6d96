import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesInGit, members, packages, readText, root } from '../src/workspace.js'

const files = filesInGit()

test('every package has a changeset or a changelog', () => {
  const changesets = files
    .filter((path) => /^\.changeset\/.+\.md$/.test(path))
    .flatMap((path) => [...readText(path).matchAll(/^['"](\S+)['"]: (?:major|minor|patch)$/gm)])
    .map((match) => match[1])
  const silent = packages.filter(
    ({ folder, manifest }) => !files.includes(`${folder}/CHANGELOG.md`) && !changesets.includes(manifest.name),
  )
  expect(silent.map(({ manifest }) => manifest.name)).toEqual([])
})

test('no file names a folder of the machine on which it was written', () => {
  // The home of Homebrew on Linux is the same on every machine.
  const personal = /(?<![\w.-])\/(?:home|Users|root|work)\/(?!linuxbrew\/)\w/
  const wrong = files.filter((path) => personal.test(readFileSync(join(root, path), 'utf8')))
  expect(wrong).toEqual([])
})

test('the type check covers every member of the workspace and its tests', () => {
  const { references } = JSON.parse(readText('tsconfig.json')) as { references: { path: string }[] }
  const covered = references.map(({ path }) => `${path}/tsconfig.json`)
  const projects = files.filter((path) => path !== 'tsconfig.json' && /(^|\/)tsconfig\.json$/.test(path))
  expect(covered.toSorted()).toEqual(projects.toSorted())
  const bare = members.slice(1).filter(({ folder }) => !projects.includes(`${folder}/tsconfig.json`))
  expect(bare.map(({ folder }) => folder)).toEqual([])
})
