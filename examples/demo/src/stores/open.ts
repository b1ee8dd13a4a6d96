import type { StoreName } from '../options.js'
import { openCookieStore } from './cookie.js'
import { openMemoryStore } from './memory.js'
import { openPgStore } from './pg.js'
import { openPgliteStore } from './pglite.js'
import { openRedisStore } from './redis.js'
import { openSqliteStore } from './sqlite.js'
import type { DemoStore } from './store.js'

const openers: Readonly<Record<StoreName, () => DemoStore | Promise<DemoStore>>> = {
  memory: openMemoryStore,
  cookie: openCookieStore,
  sqlite: openSqliteStore,
  redis: openRedisStore,
  pg: openPgStore,
  pglite: openPgliteStore,
}

/** Opens a store and starts the server that it needs. If it cannot find one, rejects with possible remedies. */
export async function openStore(name: StoreName): Promise<DemoStore> {
  return openers[name]()
}
