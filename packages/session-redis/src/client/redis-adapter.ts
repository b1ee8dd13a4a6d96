import type { ClientAdapter, ClientState, CommandFate } from './adapter.js'

/** A client of any driver for a single server, as an application adapts it. See "Another client" in the README. */
export interface RedisAdapter {
  /**
   * Sends a command, for example `['get', key]`. Resolves to the reply: texts, numbers, `null` and arrays of these. In an
   * array, an `Error` stands for an error of the server. Rejects with the server's error, whose message is the text that
   * the server sent, or with an error of the driver.
   */
  send(command: readonly string[]): Promise<unknown>
  /** Classifies an error with which `send` has rejected. */
  fateOf(error: unknown): CommandFate
  /** Returns whether a command would be sent immediately. */
  state(): Exclude<ClientState, 'idle'>
}

const methods: readonly (keyof RedisAdapter)[] = ['send', 'fateOf', 'state']

export function isRedisAdapter(value: object): value is RedisAdapter {
  return methods.every((name) => typeof (value as Partial<Record<keyof RedisAdapter, unknown>>)[name] === 'function')
}

/** Completes an adapter of an application. Changes of its state are noticed by asking for it. */
export function completeAdapter(adapter: RedisAdapter): ClientAdapter {
  return {
    driver: 'adapter',
    isCluster: false,
    readsFromReplicas: false,
    send: (head, keys, tail) => adapter.send([...head, ...keys, ...tail]),
    fateOf: (error) => adapter.fateOf(error),
    state: () => adapter.state(),
    whyNotReady: () => new Error(`The state of the adapted client is ${adapter.state()}.`),
    connect: () => {},
    listen: () => {},
    cork: () => {},
    warnings: () => [],
    keyPrefix: () => '',
    masters: () => [(command) => adapter.send(command)],
  }
}
