import { startRedis } from '@bext-internal/test-services'
import { redisSessions } from '@bext/session-redis'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { toSession } from '../measure/express-store.js'
import { ownStore } from '../measure/own-store.js'
import { mintId, ttlMs } from '../measure/session.js'
import type { OpenSuite, Subject, Suite } from '../measure/suite.js'
import { versionOf } from '../measure/version-of.js'

/** Returns the bare driver as a subject: one command for each operation, on keys as long as the store's. */
function rawDriver(client: Redis, prefix: string): Subject {
  return {
    name: 'ioredis',
    async create(dataJson) {
      const id = `${prefix}${mintId()}`
      await client.set(id, dataJson, 'PX', ttlMs, 'NX')
      return id
    },
    read: (id) => client.get(id),
    update: (id, dataJson) => client.set(id, dataJson, 'KEEPTTL', 'XX'),
    touch: (id) => client.pexpire(id, ttlMs),
    delete: (id) => client.del(id),
  }
}

const asText = { parse: toSession, stringify: (session: SessionData) => session as unknown as string }
const empty = toSession('')

function connectRedis(client: object, prefix: string): Subject {
  const store = new RedisStore({ client, prefix, ttl: ttlMs / 1000, serializer: asText })
  return {
    name: 'connect-redis',
    async create(dataJson) {
      const id = mintId()
      await store.set(id, toSession(dataJson))
      return id
    },
    read: (id) => store.get(id),
    update: (id, dataJson) => store.set(id, toSession(dataJson)),
    touch: (id) => store.touch(id, empty),
    delete: (id) => store.destroy(id),
  }
}

async function serverVersion(client: Redis): Promise<string> {
  return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
}

/** Opens the store, the raw driver and the peer, each with a separate connection to the server. */
export async function openRedisSubjects(url: string): Promise<OpenSuite> {
  const prefix = `bench-${crypto.randomUUID()}`
  const rawClient = new Redis(url)
  const storeClient = new Redis(url)
  const peerClient = createClient({ url })
  await peerClient.connect()
  return {
    others: [rawDriver(rawClient, `${prefix}:raw:`), connectRedis(peerClient, `${prefix}:peer:`)],
    store: ownStore('@bext/session-redis', redisSessions({ client: storeClient, prefix: `${prefix}:own:` })),
    versions: {
      'Redis server': await serverVersion(rawClient),
      ioredis: versionOf('ioredis'),
      'connect-redis': versionOf('connect-redis'),
      'node-redis': versionOf('redis'),
    },
    async close() {
      for (const client of [rawClient, storeClient]) client.disconnect()
      peerClient.destroy()
    },
  }
}

export const redisSuite: Suite = {
  backend: 'redis',
  notes: `Each contender has a separate connection to the same server, which runs without persistence. All exchange the data as
text.

- ioredis: the bare commands \`GET\`, \`SET key data XX KEEPTTL\`, \`PEXPIRE\`, \`SET key data NX PX\` and \`DEL\`. It checks
  nothing, stores no creation time and no user, and its late writes take effect. It shows the price of one command, not
  of a store.
- connect-redis, on node-redis: its \`get\`, \`set\`, \`touch\`, \`set\` with a new id, and \`destroy\`. Its serializer passes the
  text through, so its time includes no JSON work. Its \`set\` is an upsert.`,

  async open() {
    const service = await startRedis()
    const subjects = await openRedisSubjects(service.url)
    return {
      ...subjects,
      async close() {
        await subjects.close()
        await service.stop()
      },
    }
  },
}
