import type { RedisProcess } from './redis-process.js'

const slotsAtOnce = 512
const keysAtOnce = '1000'
const migrateTimeoutMs = '5000'

/** Resolves to the id of a server of a Cluster. */
export async function idOf({ ask }: RedisProcess): Promise<string> {
  return /[0-9a-f]{40}/.exec(await ask('CLUSTER', 'MYID'))?.[0] ?? ''
}

async function slotsOf({ ask }: RedisProcess): Promise<string[]> {
  const own = /^.*\bmyself\b.*$/m.exec(await ask('CLUSTER', 'NODES'))?.[0] ?? ''
  const ranges = own.match(/(?<= )\d+(-\d+)?(?=\s|$)/g)?.slice(3) ?? []
  return ranges.flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, n) => String(from + n))
  })
}

async function setSlots(server: RedisProcess, slots: readonly string[], ...state: readonly string[]): Promise<void> {
  await server.askAll(slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, ...state]))
}

async function moveKeys(from: RedisProcess, to: RedisProcess, slots: readonly string[]): Promise<void> {
  for (;;) {
    const replies = await from.askAll(slots.map((slot) => ['CLUSTER', 'GETKEYSINSLOT', slot, keysAtOnce]))
    const keys = [...replies.matchAll(/^\$\d+\r\n(.*)\r$/gm)].map(([, key = '']) => key)
    if (keys.length === 0) return
    for (const key of keys) await from.ask('MIGRATE', '127.0.0.1', String(to.port), key, '0', migrateTimeoutMs)
  }
}

/**
 * Begins to move slots, by default all of them. From then on, requests for keys that `from` lacks are redirected to `to`.
 * Resolves to a function that ends the move.
 */
export async function beginMove(
  from: RedisProcess,
  to: RedisProcess,
  slots?: readonly string[],
): Promise<() => Promise<void>> {
  const moved = slots ?? (await slotsOf(from))
  const [fromId, toId] = [await idOf(from), await idOf(to)]
  await setSlots(to, moved, 'IMPORTING', fromId)
  await setSlots(from, moved, 'MIGRATING', toId)
  return async () => {
    await moveKeys(from, to, moved)
    for (const server of [to, from]) await setSlots(server, moved, 'NODE', toId)
  }
}

/** Moves all slots of a master to another master, key by key, a few hundred slots at a time. Resolves to their number. */
export async function moveAllSlots(from: RedisProcess, to: RedisProcess): Promise<number> {
  const slots = await slotsOf(from)
  for (let first = 0; first < slots.length; first += slotsAtOnce) {
    const end = await beginMove(from, to, slots.slice(first, first + slotsAtOnce))
    await end()
  }
  return slots.length
}
