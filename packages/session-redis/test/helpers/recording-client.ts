import type { Redis } from 'ioredis'
import type { RedisClient } from '@bext/session-redis'

/** A client that notes which of its data commands were given, and when its first one was. */
export interface RecordingClient extends RedisClient {
  /** The names of the commands, and for scripts the number of their keys. */
  readonly given: string[]
}

const commands: readonly PropertyKey[] = ['get', 'mget', 'evalsha', 'eval']

export function recordClient(client: Redis): RecordingClient {
  const given: string[] = []
  return new Proxy(client as unknown as RecordingClient, {
    get(target, name) {
      if (name === 'given') return given
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(client) as (...args: unknown[]) => unknown
      if (!commands.includes(name)) return method
      return (...args: unknown[]) => {
        const keys = name === 'evalsha' || name === 'eval' ? args[1] : args.length
        given.push(`${String(name)} ${String(keys)}`)
        return method(...args)
      }
    },
  })
}
