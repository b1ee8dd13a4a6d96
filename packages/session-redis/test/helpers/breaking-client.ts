import type { Redis } from 'ioredis'
import type { RedisClient } from '@bext/session-redis'

/** A client that goes silent at one command, which is refused, or is carried out and its reply lost. */
export interface BreakingClient extends RedisClient {
  /** How many commands went through it since the last `breakAt`. */
  readonly sent: number
  breakAt(n: number, how: 'refuse' | 'lose-reply'): void
}

const commands: readonly PropertyKey[] = ['get', 'mget', 'getrange', 'zrange', 'evalsha', 'eval']

// It behaves as a process does that ends between two commands: from one command on, nothing more is said.
export function breakClient(client: Redis): BreakingClient {
  let sent = 0
  let at = Number.POSITIVE_INFINITY
  let how: 'refuse' | 'lose-reply' = 'refuse'

  async function send(command: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
    sent += 1
    const number = sent
    if (number > at || (number === at && how === 'refuse')) throw new Error('The command was not sent.')
    const reply = await command.apply(client, args)
    if (number === at) throw new Error('The reply was lost.')
    return reply
  }

  function breakAt(n: number, kind: 'refuse' | 'lose-reply'): void {
    sent = 0
    at = n
    how = kind
  }

  return new Proxy(client as unknown as BreakingClient, {
    get(target, name) {
      if (name === 'sent') return sent
      if (name === 'breakAt') return breakAt
      const value: unknown = Reflect.get(target, name)
      if (!commands.includes(name) || typeof value !== 'function') {
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (...args: unknown[]) => send(value as (...args: unknown[]) => Promise<unknown>, args)
    },
  })
}
