import type { ClientAdapter } from './adapter.js'
import { isServerReply } from './fates.js'
import { runScript, toScript } from './run-script.js'
import { timeDigits, ownerOffset } from '../sessions/record.js'

/**
 * Tracks whether one command may have several keys. A Cluster rejects such a command, because its keys are in different
 * slots.
 */
export interface ManyKeys {
  readonly allowed: boolean
  /**
   * Returns whether the server rejected a command, which had no effect then, because its keys are in different slots.
   * If so, no later command may have several keys.
   */
  refusedBy(error: unknown): boolean
}

/** Commands that change nothing. They reject with the error of the driver. */
export interface Reads {
  /** Applies to `get` and to scripts. */
  readonly manyKeys: ManyKeys
  /** Resolves to the values, `null` for a missing key. */
  get(keys: readonly string[]): Promise<readonly (string | null)[]>
  /** Resolves to the first bytes of the value, or to an empty string for a missing key. */
  getStart(key: string, bytes: number): Promise<string>
  /**
   * Resolves to the first `bytes` of the values of sessions, by default to the whole values. A session that is missing,
   * or has expired by the clock of its server, gives an empty string. Sends one script for all keys.
   */
  getLive(keys: readonly string[], bytes?: number): Promise<readonly string[]>
  /** Resolves to the members of a sorted set. */
  members(key: string): Promise<readonly string[]>
}

// Returns a value that is not a session unchanged, so that its reader reports it.
const liveScript = toScript(`
local call, find, sub = redis.call, string.find, string.sub
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local values = {}
for i = 1, #KEYS do
  local value = call('GETRANGE', KEYS[i], 0, ARGV[1])
  local _, last = find(value, '^%d*')
  local is_session = last == ${ownerOffset} and find(value, '^["#\\n]', last + 1)
  if is_session and now >= tonumber(sub(value, 1, ${timeDigits})) then value = '' end
  values[i] = value
end
return values
`)

// A client for a single server may be connected to a Cluster of one shard, or to a proxy in front of it.
function createManyKeys(allowedAtFirst: boolean): ManyKeys {
  let allowed = allowedAtFirst
  return {
    get allowed() {
      return allowed
    },
    refusedBy(error) {
      const { cause } = error as { readonly cause?: unknown }
      const refused = isServerReply(cause) && cause.message.startsWith('CROSSSLOT')
      if (refused) allowed = false
      return refused
    },
  }
}

function createGetLive(client: ClientAdapter): Reads['getLive'] {
  return async (keys, bytes = 0) => (await runScript(client, liveScript, keys, [String(bytes - 1)])) as string[]
}

function createPlainReads(client: ClientAdapter): Reads {
  return {
    manyKeys: createManyKeys(!client.isCluster),
    get(keys) {
      // GET fails for a key of another type, which MGET reports as missing.
      if (keys.length === 1) return client.send(['get'], keys, []).then((value) => [value as string | null])
      return client.send(['mget'], keys, []) as Promise<(string | null)[]>
    },
    getStart: async (key, bytes) => (await client.send(['getrange'], [key], ['0', String(bytes - 1)])) as string,
    getLive: createGetLive(client),
    members: async (key) => (await client.send(['zrange'], [key], ['0', '-1'])) as string[],
  }
}

const getScript = toScript(`return redis.call('GET', KEYS[1])`)
const getStartScript = toScript(`return redis.call('GETRANGE', KEYS[1], 0, ARGV[1])`)
const membersScript = toScript(`return redis.call('ZRANGE', KEYS[1], 0, -1)`)

// A client that sends reads to replicas still sends scripts to masters, because scripts may write.
function createScriptedReads(client: ClientAdapter): Reads {
  return {
    manyKeys: createManyKeys(false),
    get: async ([key = '']) => [(await runScript(client, getScript, [key], [])) as string | null],
    getLive: createGetLive(client),
    getStart: async (key, bytes) => (await runScript(client, getStartScript, [key], [String(bytes - 1)])) as string,
    members: async (key) => (await runScript(client, membersScript, [key], [])) as string[],
  }
}

/** Creates reads that only masters answer, because replicas lag behind (contract R6). */
export function createReads(client: ClientAdapter): Reads {
  return client.readsFromReplicas ? createScriptedReads(client) : createPlainReads(client)
}
