import { createHash } from 'node:crypto'
import { isServerReply } from '../errors.js'
import type { RedisClient } from './client.js'

/** A Lua script and its hash, by which the server knows it. */
export interface Script {
  readonly lua: string
  readonly sha1: string
}

/** Prepares a Lua text for `runScript`. */
export function toScript(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}

/** Runs a script. Sends its text if the server does not have it, as after a restart or a failover. */
export async function runScript(
  client: RedisClient,
  { lua, sha1 }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args)
  } catch (error) {
    if (isServerReply(error) && error.message.startsWith('NOSCRIPT')) {
      return await client.eval(lua, keys.length, ...keys, ...args)
    }
    throw error
  }
}
