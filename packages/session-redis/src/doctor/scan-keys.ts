import type { RedisNode } from './ask.js'

const pageSize = 500

/** Access to the keys of a store. */
export interface Keys {
  /** Reaches the keys of all nodes. */
  readonly any: RedisNode
  /** The nodes that hold keys. */
  readonly nodes: readonly RedisNode[]
  /** Prefix that the client puts before every key. */
  readonly keyPrefix: string
  readonly prefix: string
  /** Approximate number of keys to scan on each node, including those of other applications. */
  readonly maxKeys: number
}

/** A page of a scan. `isLast` is true if the node has no further keys. */
export interface Page {
  /** Keys of the store, without the prefixes. */
  readonly names: readonly string[]
  readonly isLast: boolean
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}

/** Scans a node for keys of the store, up to about `maxKeys` keys of all applications. */
export async function* scanPages(node: RedisNode, keys: Keys): AsyncGenerator<Page> {
  const before = `${keys.keyPrefix}${keys.prefix}`
  const match = ['MATCH', `${escapePattern(before)}*`]
  let cursor = '0'
  let left = keys.maxKeys
  do {
    const count = Math.min(pageSize, left)
    const reply = await node.call('SCAN', cursor, ...match, 'COUNT', String(count))
    const [next, found] = reply as readonly [string, readonly string[]]
    cursor = next
    left -= count
    yield { names: found.map((key) => key.slice(before.length)), isLast: cursor === '0' }
  } while (cursor !== '0' && left > 0)
}
