import { codeBlocks, type CodeBlock } from './markdown.js'
import { readText } from './workspace.js'

/** A package that users install for their store. */
export interface Backend {
  readonly name: string
  /** What its user installs beside it. */
  readonly drivers: readonly string[]
  /** What the two bring along, core's dependencies aside. */
  readonly brings: readonly string[]
}

const core = ['@bext/session-core', '@noble/hashes', 'cookie']
const ofRedisAlone = ['@ioredis/commands', 'cluster-key-slot', 'redis-errors', 'standard-as-callback']
const ofIoredis = [...ofRedisAlone, 'debug', 'denque', 'ms']

export const backends: readonly Backend[] = [
  { name: '@bext/session-cookie', drivers: [], brings: ['iron-webcrypto', 'uint8array-extras'] },
  { name: '@bext/session-redis', drivers: ['ioredis'], brings: ofIoredis },
  { name: '@bext/session-pg', drivers: ['postgres'], brings: [] },
]

/** The names of everything that an install of a backend and its driver puts into an empty project. */
export const installedWith = ({ name, drivers, brings }: Backend): string[] =>
  [name, ...core, ...drivers, ...brings].toSorted()

/** The first example of a package's README. */
export function exampleOf(name: string): CodeBlock {
  const page = `packages/${name.replace('@bext/', '')}/README.md`
  const example = codeBlocks(page, readText(page)).find(({ language }) => language === 'ts')
  if (!example) throw new Error(`${page} has no block of TypeScript`)
  return example
}
