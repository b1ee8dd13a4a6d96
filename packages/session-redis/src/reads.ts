import { isCluster, readsFromReplicas, type RedisClient } from './client.js'
import { evaluate, toLua } from './evaluate.js'
import { createManyKeys, type ManyKeys } from './many-keys.js'

/** The commands that change nothing. */
export interface Reads {
  /** Whether `get`, or a script, takes more than one key. */
  readonly manyKeys: ManyKeys
  get(keys: readonly string[]): Promise<readonly (string | null)[]>
  /** The first bytes of the value; the empty string if there is none. */
  getStart(key: string, bytes: number): Promise<string>
  /** The members of a sorted set. */
  members(key: string): Promise<readonly string[]>
}

function plainReads(client: RedisClient): Reads {
  return {
    manyKeys: createManyKeys(!isCluster(client)),
    async get(keys) {
      const [key] = keys
      // GET tells a key of another type from one that is missing.
      return keys.length === 1 && key !== undefined ? [await client.get(key)] : client.mget(...keys)
    },
    getStart: (key, bytes) => client.getrange(key, 0, bytes - 1),
    members: (key) => client.zrange(key, '0', '-1'),
  }
}

const getScript = toLua(`return redis.call('GET', KEYS[1])`)
const getStartScript = toLua(`return redis.call('GETRANGE', KEYS[1], 0, ARGV[1])`)
const membersScript = toLua(`return redis.call('ZRANGE', KEYS[1], 0, -1)`)

// A client that sends reads to replicas sends scripts to masters all the same, as they might write.
function readsByScript(client: RedisClient): Reads {
  return {
    manyKeys: createManyKeys(false),
    get: async ([key = '']) => [(await evaluate(client, getScript, [key], [])) as string | null],
    getStart: async (key, bytes) => (await evaluate(client, getStartScript, [key], [String(bytes - 1)])) as string,
    members: async (key) => (await evaluate(client, membersScript, [key], [])) as string[],
  }
}

/** Reads that masters answer, since replicas lag behind what was written (contract R6). */
export function createReads(client: RedisClient): Reads {
  return readsFromReplicas(client) ? readsByScript(client) : plainReads(client)
}
