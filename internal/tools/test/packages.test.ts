import type { ServiceUrls } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installInto } from '../src/install-check.js'
import { codeBlocks } from '../src/markdown.js'
import { packPackages, type Packed } from '../src/pack.js'
import {
  exportsProblems,
  manifestProblems,
  publintProblems,
  tarballProblems,
  typesProblems,
} from '../src/package-check.js'
import { installedVersion, packages, readText } from '../src/workspace.js'

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
  test('package.json says what every package says', () => {
    expect(manifestProblems(one.manifest)).toEqual([])
  })

  test('exports are the same entries inside and outside of the workspace', () => {
    expect(exportsProblems(one.manifest)).toEqual([])
  })

  test('the tarball holds the build of today, README and licence, and nothing else', () => {
    expect(tarballProblems(one, packedOf(name))).toEqual([])
  })

  test('publint finds nothing', async () => {
    expect(await publintProblems(packedOf(name))).toEqual([])
  })

  test('types resolve for whoever imports it', async () => {
    expect(await typesProblems(packedOf(name))).toEqual([])
  })
})

const core = ['@bext/session-core', '@noble/hashes', 'cookie']
const ofRedisAlone = ['@ioredis/commands', 'cluster-key-slot', 'redis-errors', 'standard-as-callback']
const ofIoredis = [...ofRedisAlone, 'debug', 'denque', 'ms']
/** Each backend, what its user installs beside it, and what the two bring along. */
const backends = [
  { name: '@bext/session-cookie', drivers: [], brings: ['iron-webcrypto', 'uint8array-extras'] },
  { name: '@bext/session-redis', drivers: ['ioredis'], brings: ofIoredis },
  { name: '@bext/session-pg', drivers: ['postgres'], brings: [] },
]

const title = 'an install of $name brings its needs alone, and its README runs'
test.concurrent.for(backends)(title, { timeout: 120_000 }, async ({ name, drivers, brings }) => {
  const tarballs = ['@bext/session-core', name].map((one) => packedOf(one).tarball)
  const project = await installInto([...tarballs, ...drivers.map((driver) => `${driver}@${installedVersion(driver)}`)])
  try {
    expect(project.installed).toEqual([name, ...core, ...drivers, ...brings].toSorted())
    const page = `packages/${name.replace('@bext/', '')}/README.md`
    const example = codeBlocks(page, readText(page)).find(({ language }) => language === 'ts')
    if (!example) throw new Error(`${page} has no block of TypeScript`)
    await project.run(example, servers)
  } finally {
    await project.remove()
  }
})

test('every backend is installed by a test above', () => {
  const others = ['@bext/session-core', '@bext/session-conformance']
  const names = packages.map(({ manifest }) => manifest.name)
  expect(names.toSorted()).toEqual([...others, ...backends.map(({ name }) => name)].toSorted())
})
