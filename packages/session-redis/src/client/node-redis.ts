import { isError } from './fates.js'
import { has, kindOf, memberOffline } from './node-redis-kinds.js'
import { nodeRedisWarnings } from './node-redis-warnings.js'
import type { ClientState, CommandFate, ClientAdapter } from './adapter.js'

/**
 * The part that all clients of node-redis 5 and 6 share: those of `createClient`, `createClientPool`, `createCluster`
 * and `createSentinel`.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean
  on(event: string, listener: (...args: unknown[]) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
  withTypeMapping(mapping: never): unknown
}

const unsentMessages: readonly string[] = [
  'The client is closed',
  'The client is offline',
  'The queue is full',
  'All the root nodes are unavailable',
  memberOffline,
]
const poolWaitedInVain = 'Timeout waiting for a client'

// Bundlers rename the classes of errors, so the text has to tell. Redis begins every error with a code in capitals.
function isReply(error: Error): boolean {
  return !('code' in error) && /^[A-Z]{2,}[A-Z0-9_]*(?: |$)/.test(error.message)
}

function fateOf(error: unknown): CommandFate {
  if (!isError(error)) return 'unknown'
  if (isReply(error)) return 'answered'
  const unsent = unsentMessages.includes(error.message) || error.message.startsWith(poolWaitedInVain)
  return unsent ? 'unsent' : 'unknown'
}

/** Returns whether the value is a client of node-redis, of any version. */
export function isAnyNodeRedis(value: object): boolean {
  return typeof (value as { readonly isOpen?: unknown }).isOpen === 'boolean' && has(value, 'sendCommand', 'on')
}

/** Returns whether the value is a client of node-redis 5 or later. */
export function isNodeRedisClient(value: object): value is NodeRedisClient {
  return isAnyNodeRedis(value) && has(value, 'withTypeMapping')
}

const signsOfReady = ['ready', 'connect', 'node-ready', 'topology-change']
const signsOfLoss = ['error', 'end', 'terminated', 'disconnect', 'node-error', 'client-error']

/** Adapts a client of node-redis 5 or 6. */
export function adaptNodeRedis(client: NodeRedisClient): ClientAdapter {
  const kind = kindOf(client)
  const listened = client as unknown as { listenerCount?(event: 'error'): number }

  let lastError: unknown

  function state(): ClientState {
    if (!client.isOpen) return 'ended'
    return kind.isReady() ? 'ready' : 'connecting'
  }

  // Only the methods for single commands honour the client's `keyPrefix`, and these may answer from a cache.
  function keyPrefix(): string {
    const { _keyPrefix: prefix = '' } = client as { readonly _keyPrefix?: unknown }
    return String(prefix)
  }

  return {
    driver: 'node-redis',
    isCluster: kind.isCluster,
    // Each command is sent to a master, whatever `useReplicas` says.
    readsFromReplicas: false,

    async send(head, keys, tail) {
      const prefix = keyPrefix()
      const prefixed = prefix === '' ? keys : keys.map((key) => `${prefix}${key}`)
      return kind.send([...head, ...prefixed, ...tail], prefixed[0])
    },

    fateOf,
    state,
    whyNotReady: () => lastError ?? new Error(`The ${kind.name} of node-redis is not connected.`),
    // The application connects it.
    connect: () => {},

    listen(listener) {
      for (const event of signsOfReady) {
        client.on(event, () => {
          if (state() !== 'ready') return
          lastError = undefined
          listener.ready()
        })
      }
      // Without a listener for `error`, the first broken connection would end the process.
      for (const event of signsOfLoss) {
        client.on(event, (error?: unknown) => {
          if (isError(error)) lastError = error
          const now = state()
          if (now === 'ended') listener.ended()
          else if (now === 'connecting') listener.lost()
        })
      }
    },

    // It collects the commands of a turn of the event loop itself.
    cork: () => {},

    warnings: () => nodeRedisWarnings(kind.options(), kind.isCluster, listened.listenerCount?.('error') === 0),
    keyPrefix,
    masters: kind.masters,
  }
}
