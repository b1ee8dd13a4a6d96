import { createHash } from 'node:crypto'
import type { ClientAdapter } from './adapter.js'
import { isError } from './fates.js'

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
  client: ClientAdapter,
  { lua, sha1 }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const keyCount = String(keys.length)
  try {
    return await client.send(['evalsha', sha1, keyCount], keys, args)
  } catch (error) {
    const isUnknown = isError(error) && error.message.startsWith('NOSCRIPT') && client.fateOf(error) === 'answered'
    if (isUnknown) return client.send(['eval', lua, keyCount], keys, args)
    throw error
  }
}
