import { createHash } from 'node:crypto'
import type { RedisClient } from './client.js'
import { isServerReply } from '../errors.js'

export interface Lua {
  readonly lua: string
  readonly sha1: string
}

export function toLua(lua: string): Lua {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}

/** Runs the script, which is sent whole if the server does not have it: it forgets all when it restarts or fails over. */
export async function runScript(
  client: RedisClient,
  { lua, sha1 }: Lua,
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
