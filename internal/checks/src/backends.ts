import { codeBlocks, type CodeBlock } from './markdown.js'
import { readText } from './workspace.js'

/** A package with a store, as users install it. */
export interface Backend {
  readonly name: string
  /** Drivers that its user installs with it. */
  readonly drivers: readonly string[]
  /** Their dependencies, except those of core. */
  readonly brings: readonly string[]
}

const core = ['@bext/session-core', '@noble/hashes', 'cookie']
const ofRedisAlone = ['@ioredis/commands', 'cluster-key-slot', 'redis-errors', 'standard-as-callback']
const ofPgAlone = ['pg-cloudflare', 'pg-connection-string', 'pg-int8', 'pg-pool', 'pg-protocol', 'pg-types', 'pgpass']
const ofPgTypes = ['postgres-array', 'postgres-bytea', 'postgres-date', 'postgres-interval', 'split2', 'xtend']
const ofIoredis = [...ofRedisAlone, 'debug', 'denque', 'ms']
const modulesOfNodeRedis = ['bloom', 'client', 'json', 'search', 'time-series'].map((name) => `@redis/${name}`)

export const backends: readonly Backend[] = [
  { name: '@bext/session-cookie', drivers: [], brings: ['iron-webcrypto', 'uint8array-extras'] },
  { name: '@bext/session-redis', drivers: ['ioredis'], brings: ofIoredis },
  { name: '@bext/session-redis', drivers: ['redis'], brings: modulesOfNodeRedis },
  { name: '@bext/session-pg', drivers: ['pg'], brings: [...ofPgAlone, ...ofPgTypes] },
]

/** The store in SQLite. Its driver crashes on Node 20, and brings more with yarn 4, which adds node-gyp, than with others. */
export const sqlite: Pick<Backend, 'name' | 'drivers'> = { name: '@bext/session-sqlite', drivers: ['better-sqlite3'] }

/** Packages that connect the session manager to something else, with what their first example needs. */
export const connectors: readonly Pick<Backend, 'name' | 'drivers'>[] = [
  { name: '@bext/session-express', drivers: ['express'] },
  { name: '@bext/session-fastify', drivers: ['fastify'] },
  { name: '@bext/session-hono', drivers: ['hono', '@hono/node-server'] },
  { name: '@bext/session-device', drivers: [] },
]

/** Returns the names of all packages that an install of a backend and its driver adds to an empty project. */
export const installedWith = ({ name, drivers, brings }: Backend): string[] =>
  [name, ...core, ...drivers, ...brings].toSorted()

/** Returns the first example of a package's README that imports the drivers. */
export function exampleOf({ name, drivers }: Pick<Backend, 'name' | 'drivers'>): CodeBlock {
  const page = `packages/${name.replace('@bext/', '')}/README.md`
  const example = codeBlocks(page, readText(page)).find(
    ({ language, code }) => language === 'ts' && drivers.every((driver) => code.includes(` from '${driver}'`)),
  )
  if (!example) throw new Error(`Expected a TypeScript block with the drivers in ${page}, but it has none.`)
  return example
}
