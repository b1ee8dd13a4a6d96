import type { RedisClient } from '@bext/session-redis'

/** A client that passes the reply to each script to `after`, which returns the reply to use. Steps count from 1. */
export function stepClient(
  client: RedisClient,
  after: (step: number, reply: unknown) => Promise<unknown>,
): RedisClient {
  let step = 0
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>
      if (name !== 'evalsha') return method
      return async (...args: unknown[]) => {
        const reply = await method(...args)
        step += 1
        return after(step, reply)
      }
    },
  })
}
