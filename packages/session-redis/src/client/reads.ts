import { isCluster, readsFromReplicas, type RedisClient } from './client.js'
import { runScript, toLua } from './run-script.js'
import { createManyKeys, type ManyKeys } from './many-keys.js'
import { timeDigits, userOffset } from '../sessions/record.js'

/** The commands that change nothing. */
export interface Reads {
  /** Whether `get`, or a script, takes more than one key. */
  readonly manyKeys: ManyKeys
  get(keys: readonly string[]): Promise<readonly (string | null)[]>
  /** The first bytes of the value; the empty string if there is none. */
  getStart(key: string, bytes: number): Promise<string>
  /**
   * The values of sessions, or their first bytes, as many as are given; the empty string for a session that is missing
   * or over by the clock of its server.
   */
  getLive(keys: readonly string[], bytes?: number): Promise<readonly string[]>
  /** The members of a sorted set. */
  members(key: string): Promise<readonly string[]>
}

// What is no session is no concern of this script.
const liveScript = toLua(`
local value = redis.call('GETRANGE', KEYS[1], 0, ARGV[1])
local _, last = string.find(value, '^%d*')
if last ~= ${userOffset} or not string.find(value, '^["#\\n]', last + 1) then return value end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return now < tonumber(string.sub(value, 1, ${timeDigits})) and value or ''
`)

function liveReads(client: RedisClient): Reads['getLive'] {
  return (keys, bytes = 0) =>
    Promise.all(keys.map(async (key) => (await runScript(client, liveScript, [key], [String(bytes - 1)])) as string))
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
    getLive: liveReads(client),
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
    get: async ([key = '']) => [(await runScript(client, getScript, [key], [])) as string | null],
    getLive: liveReads(client),
    getStart: async (key, bytes) => (await runScript(client, getStartScript, [key], [String(bytes - 1)])) as string,
    members: async (key) => (await runScript(client, membersScript, [key], [])) as string[],
  }
}

/** Reads that masters answer, since replicas lag behind what was written (contract R6). */
export function createReads(client: RedisClient): Reads {
  return readsFromReplicas(client) ? readsByScript(client) : plainReads(client)
}
