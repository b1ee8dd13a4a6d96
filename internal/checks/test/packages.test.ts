import type { ServiceUrls } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { backends, exampleOf, installedWith } from '../src/backends.js'
import { type Consumer, consumerOf, entriesByNeed } from '../src/consumer-types.js'
import { installInto } from '../src/install-check.js'
import { packPackages, type Packed } from '../src/pack.js'
import {
  exportsProblems,
  manifestProblems,
  publintProblems,
  readmeProblems,
  tarballProblems,
  typesProblems,
} from '../src/package-check.js'
import { installedVersion, packages } from '../src/workspace.js'

const servers: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }
let pack: Awaited<ReturnType<typeof packPackages>> | undefined

function packedOf(name: string): Packed {
  const packed = pack?.packed.get(name)
  if (!packed) throw new Error(`${name} was not packed`)
  return packed
}

beforeAll(async () => {
  pack = await packPackages()
})
afterAll(() => pack?.remove())

test('the packages build', () => {
  expect(inject('buildProblem')).toBe('')
})

describe.for(packages.map((one) => [one.manifest.name, one] as const))('%s', ([name, one]) => {
  test('package.json has the fields that every package must have', () => {
    expect(manifestProblems(one.manifest)).toEqual([])
  })

  test('exports have the same entries in the workspace and on npm', () => {
    expect(exportsProblems(one.manifest)).toEqual([])
  })

  test('the tarball contains the current build, README and licence, and nothing else', () => {
    expect(tarballProblems(one, packedOf(name))).toEqual([])
  })

  test('the links of the README point to files of the tarball, or to the web', () => {
    expect(readmeProblems(packedOf(name))).toEqual([])
  })

  test('publint finds nothing', async () => {
    expect(await publintProblems(packedOf(name))).toEqual([])
  })

  test('types resolve for ESM and for bundlers', async () => {
    expect(await typesProblems(packedOf(name))).toEqual([])
  })
})

// They speak of Request and Response, which come from the types of Node, of a runtime, or of workers.
const webEntries = [
  '@bext/session-core/manager',
  '@bext/session-core/testing',
  '@bext/session-device',
  '@bext/session-hono',
]
const isWeb = (entry: string): boolean => webEntries.includes(entry)

describe('declarations, as users get them', () => {
  const { edge, node } = entriesByNeed()
  const bare = { lib: ['es2023'], types: [] }
  const withNode = { ...bare, types: ['node'] }
  let consumer: Consumer

  beforeAll(async () => {
    consumer = await consumerOf(pack?.packed ?? new Map())
  })
  afterAll(() => consumer.remove())

  test.concurrent.each(['nodenext', 'bundler'] as const)('compile without the DOM under %s', async (resolution) => {
    const [web, plain] = [edge.filter(isWeb), edge.filter((entry) => !isWeb(entry))]
    expect(await consumer.compile(plain, resolution, bare)).toEqual([])
    expect(await consumer.compile(web, resolution, { ...bare, lib: [...bare.lib, 'webworker'] })).toEqual([])
    expect(await consumer.compile(node, resolution, withNode)).toEqual([])
  })

  // Of all packages with the types of all drivers.
  const slow = { timeout: 180_000 }

  test.concurrent.each(['nodenext', 'bundler'] as const)(
    'compile with TypeScript 5.0 under %s',
    slow,
    async (resolution) => {
      const web = { ...bare, lib: [...bare.lib, 'webworker'] }
      // A missing entry shows that the compiler looks for the others, too.
      const missing = '@bext/session-core/nothing'
      expect(await consumer.compile([...edge, missing], resolution, web, 'oldest')).toEqual([
        expect.stringContaining(missing),
      ])
      expect(await consumer.compile(node, resolution, withNode, 'oldest')).toEqual([])
    },
  )

  test.concurrent('a missing entry is detected', async () => {
    expect(await consumer.compile(['@bext/session-core/nothing'], 'bundler', bare)).not.toEqual([])
  })
})

const title = 'an install of $name with $drivers brings its needs alone, and its README runs, imported and required'
test.concurrent.for(backends)(title, { timeout: 120_000 }, async (backend) => {
  const { name, drivers } = backend
  const tarballs = ['@bext/session-core', name].map((one) => packedOf(one).tarball)
  const project = await installInto([...tarballs, ...drivers.map((driver) => `${driver}@${installedVersion(driver)}`)])
  try {
    expect(project.installed).toEqual(installedWith(backend))
    const example = exampleOf(backend)
    await project.run(example, servers, 'esm')
    await project.run(example, servers, 'cjs')
  } finally {
    await project.remove()
  }
})

test('a test above installs every backend', () => {
  const others = [
    '@bext/session-core',
    '@bext/session-conformance',
    '@bext/session-device',
    '@bext/session-express',
    '@bext/session-fastify',
    '@bext/session-hono',
    // Its drivers need a newer Node, so its own tests run its README.
    '@bext/session-sqlite',
  ]
  const names = packages.map(({ manifest }) => manifest.name)
  expect(names.toSorted()).toEqual([...new Set([...others, ...backends.map(({ name }) => name)])].toSorted())
})
