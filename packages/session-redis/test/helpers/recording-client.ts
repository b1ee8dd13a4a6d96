import type { Redis } from 'ioredis'
import type { IoredisClient } from '@bext/session-redis'

/** A client that records its data commands. */
export interface RecordingClient extends IoredisClient {
  /** The name of each command and its number of keys. */
  readonly commands: string[]
}

const recorded: readonly PropertyKey[] = ['get', 'mget', 'evalsha', 'eval']

export function recordClient(client: Redis): RecordingClient {
  const commands: string[] = []
  return new Proxy(client as unknown as RecordingClient, {
    get(target, name) {
      if (name === 'commands') return commands
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(client) as (...args: unknown[]) => unknown
      if (!recorded.includes(name)) return method
      return (...args: unknown[]) => {
        const keys = name === 'evalsha' || name === 'eval' ? args[1] : args.length
        commands.push(`${String(name)} ${String(keys)}`)
        return method(...args)
      }
    },
  })
}
