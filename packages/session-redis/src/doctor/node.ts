import { isSessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import { isCluster, type RedisClient } from '../client/client.js'
import { isServerReply } from '../errors.js'

/** A server, by a connection of its own. All rejections are `Backend` errors. */
export interface RedisNode {
  call(command: string, ...args: string[]): Promise<unknown>
}

/** The node, or any by which keys of all nodes are reached, with a limit for each of its answers. */
export function nodeOf(client: unknown, timeoutMs: number): RedisNode {
  const node = client as RedisNode
  return { call: (command, ...args) => withinDeadline(timeoutMs, () => node.call(command, ...args)) }
}

/** The server, or the masters of a Cluster. */
export function mastersOf(client: RedisClient, timeoutMs: number): readonly RedisNode[] {
  if (!isCluster(client)) return [nodeOf(client, timeoutMs)]
  const masters = (client as unknown as { nodes(role: 'master'): readonly unknown[] }).nodes('master')
  return masters.map((master) => nodeOf(master, timeoutMs))
}

/** What the client puts before each key by itself. */
export function keyPrefixOf(client: RedisClient): string {
  const { options } = client as { readonly options?: { readonly keyPrefix?: unknown } }
  return typeof options?.keyPrefix === 'string' ? options.keyPrefix : ''
}

/** What the server has answered instead of doing the command; `undefined` for any other error. */
export function refusalOf(error: unknown): string | undefined {
  return isSessionError(error) && isServerReply(error.cause) ? error.cause.message : undefined
}

/** The lines `name:value` of INFO. */
export async function infoOf(node: RedisNode, section: string): Promise<ReadonlyMap<string, string>> {
  const text = String(await node.call('INFO', section))
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** One of the server's settings; `undefined` if the user may not look at it. */
export async function settingOf(node: RedisNode, name: string): Promise<string | undefined> {
  try {
    const reply = await node.call('CONFIG', 'GET', name)
    const pairs = Array.isArray(reply) ? (reply as unknown[]) : Object.entries(reply as object).flat()
    return pairs[1] === undefined ? undefined : String(pairs[1])
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    return undefined
  }
}
