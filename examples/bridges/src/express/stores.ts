import type { ServiceUrls } from '@bext-internal/test-services'
import { openConnectPgSimple } from './connect-pg-simple.js'
import { openConnectRedis } from './connect-redis.js'
import { openMemoryStore } from './memory-store.js'
import { openMemorystore } from './memorystore.js'
import { openSessionExpress } from './session-express.js'
import { openSessionFileStore } from './session-file-store.js'
import type { StoreUnderTest } from './store-under-test.js'

export const storeNames = [
  'MemoryStore',
  'memorystore',
  'session-file-store',
  'connect-redis',
  'connect-pg-simple',
  'session-express',
] as const

export type StoreName = (typeof storeNames)[number]

export const openStore: Readonly<Record<StoreName, (servers: ServiceUrls) => Promise<StoreUnderTest>>> = {
  MemoryStore: openMemoryStore,
  memorystore: openMemorystore,
  'session-file-store': openSessionFileStore,
  'connect-redis': ({ redisUrl }) => openConnectRedis(redisUrl),
  'connect-pg-simple': ({ postgresUrl }) => openConnectPgSimple(postgresUrl),
  'session-express': ({ redisUrl }) => openSessionExpress(redisUrl),
}
