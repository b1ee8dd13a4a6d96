import type { Redis } from 'ioredis'
import type { IoredisClient } from '@bext/session-redis'

/** A client that stops working at one command, which either is not sent or loses its reply. */
export interface BreakingClient extends IoredisClient {
  /** Number of commands since the last `breakAt`. */
  readonly sent: number
  breakAt(n: number, how: 'do-not-send' | 'lose-reply'): void
}

const commands: readonly PropertyKey[] = ['get', 'mget', 'getrange', 'zrange', 'evalsha', 'eval']

// Simulates a process that stops between two commands: from the given command on, none is sent.
export function breakClient(client: Redis): BreakingClient {
  let sent = 0
  let at = Number.POSITIVE_INFINITY
  let how: 'do-not-send' | 'lose-reply' = 'do-not-send'

  async function send(command: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
    sent += 1
    const number = sent
    if (number > at || (number === at && how === 'do-not-send')) throw new Error('The command was not sent.')
    const reply = await command.apply(client, args)
    if (number === at) throw new Error('The reply was lost.')
    return reply
  }

  function breakAt(n: number, kind: 'do-not-send' | 'lose-reply'): void {
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
