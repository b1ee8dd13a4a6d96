import type { ServiceUrls } from '@bext-internal/test-services'
import { cases } from '@bext/session-conformance'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { codeBlocks, headingFragments, links } from '../src/markdown.js'
import { namesInShell } from '../src/shell-names.js'
import { bundleSnippets, compileSnippets, isOnlyTypes, isTest, placeOf } from '../src/snippets.js'
import { runSnippet, runTestSnippets, writeSnippets } from '../src/snippets.js'
import { filesInGit, members, packages, readText, root } from '../src/workspace.js'

const pages = filesInGit().filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'))
const blocks = pages.flatMap((page) => codeBlocks(page, readText(page)))
const typescript = blocks.filter(({ language }) => language === 'ts')
const excerpts = typescript.filter(({ flags }) => flags.includes('excerpt'))
const examples = typescript.filter(({ flags }) => !flags.includes('excerpt'))
const shell = blocks.filter(({ language }) => ['sh', 'bash', 'console', 'shell'].includes(language))
const kinds = ['', 'server', 'vitest', 'no-run', 'excerpt']
/** Where examples are compiled and not run: of Sentinel and of Cluster, and of a driver that needs a newer Node. */
const notRun = [
  'packages/session-redis/README.md',
  'packages/session-redis/README.md',
  'packages/session-sqlite/README.md',
  'packages/session-sqlite/README.md',
  'packages/session-sqlite/README.md',
]
const unchecked = /^(typescript|js|javascript|mts|tsx)$/
const absolute = /^([a-z][a-z+.-]*:|#|\/\/)/i
const servers: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }

test('the README and every package have an example', () => {
  const expected = ['README.md', ...packages.map(({ folder }) => `${folder}/README.md`)]
  expect(expected.filter((page) => !examples.some(({ file }) => file === page))).toEqual([])
})

test('every TypeScript block opens with "ts", alone or with one known word', () => {
  const unknown = blocks.filter(
    ({ language, flags }) => unchecked.test(language) || (language === 'ts' && !kinds.includes(flags.join(' '))),
  )
  expect(unknown.map(placeOf)).toEqual([])
})

describe('examples', () => {
  let messages: string[] = []

  beforeAll(async () => {
    writeSnippets(examples)
    ;[messages] = await Promise.all([compileSnippets(examples), bundleSnippets(examples)])
  })

  test('all compile with the strict options of the repository', () => {
    expect(messages).toEqual([])
  })

  const running = examples.filter((block) => !block.flags.includes('no-run') && !isTest(block))
  test.concurrent.for(running.map((block) => [placeOf(block), block] as const))(
    '%s runs',
    { timeout: 180_000 },
    ([, block]) => runSnippet(block, servers),
  )

  test('those that are tests pass', { timeout: 180_000 }, async () => {
    const tests = examples.filter(isTest)
    const failuresOf = await runTestSnippets(tests, servers)
    expect(
      tests.filter((block) => failuresOf(block) !== '').map((block) => [placeOf(block), failuresOf(block)]),
    ).toEqual([])
    expect(tests.length).toBeGreaterThan(0)
  })

  test('the examples that do not run consist of types, or are known to need more', async () => {
    const resting = examples.filter(({ flags }) => flags.includes('no-run'))
    const alone = await Promise.all(resting.map(({ code }) => isOnlyTypes(code)))
    const files = resting.filter((_, index) => !alone[index]).map(({ file }) => file)
    expect(files).toEqual(notRun)
  })
})

test('every excerpt occurs word for word in a file that is compiled and tested', () => {
  const sources = filesInGit().filter((path) => path.endsWith('.ts'))
  const texts = sources.map(readText)
  const invented = excerpts.filter(({ code }) => !texts.some((text) => text.includes(code.trim())))
  expect(invented.map(placeOf)).toEqual([])
})

test('shell blocks name packages and scripts that exist', () => {
  const packageNames = new Set(packages.map(({ manifest }) => manifest.name))
  const scripts = new Set(members.flatMap(({ manifest }) => Object.keys(manifest.scripts ?? {})))
  const wrong = shell.flatMap((block) => {
    const names = namesInShell(block.code)
    return [
      ...names.packages.filter((name) => !packageNames.has(name)),
      ...names.scripts.filter((name) => !scripts.has(name)),
    ].map((name) => `${placeOf(block)}: ${name}`)
  })
  expect(wrong).toEqual([])
})

test('relative links point to existing files', () => {
  const wrong = pages.flatMap((page) =>
    links(readText(page))
      .filter(({ url }) => !absolute.test(url))
      .filter(({ url }) => !existsSync(join(root, dirname(page), decodeURI(url.replace(/[#?].*$/, '')))))
      .map(({ line, url }) => `${page}:${line}: ${url}`),
  )
  expect(wrong).toEqual([])
})

test('links into our pages point to existing headings', () => {
  const wrong = pages.flatMap((page) =>
    links(readText(page)).flatMap(({ line, url }) => {
      const [target = '', fragment] = url.split('#')
      const file = target === '' ? page : join(dirname(page), decodeURI(target))
      if (fragment === undefined || !pages.includes(file)) return []
      return headingFragments(readText(file)).has(decodeURIComponent(fragment)) ? [] : [`${page}:${line}: ${url}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('pages name existing cases of the kit', () => {
  const ids = cases.map(({ id }) => id)
  const exists = (id: string): boolean =>
    id.endsWith('*') ? ids.some((other) => other.startsWith(id.slice(0, -1))) : ids.includes(id)
  const wrong = pages.flatMap((page) =>
    [...readText(page).matchAll(/\b[A-Z]\d+-[a-z]+(?:-[a-z0-9]+)*(?:-\*)?/g)]
      .filter(([id]) => !exists(id))
      .map(([id]) => `${page}: ${id}`),
  )
  expect(wrong).toEqual([])
})
