import { types } from 'node:util'
import type { CommandFate, ClientAdapter } from './adapter.js'

// Kept beside the errors, because an error belongs to its driver and becomes the `cause` of the caller's error.
const fates = new WeakMap<Error, CommandFate>()

/** Returns whether the value is an error, also if it is from another realm, as in some test environments. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value)
}

/** Records that the server replied with this error. */
export function noteReply(error: Error): void {
  fates.set(error, 'answered')
}

/** Runs a command of the client, and records its fate if it fails. */
export async function noteFailure<T>(client: ClientAdapter, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isError(error)) fates.set(error, client.fateOf(error))
    throw error
  }
}

/** Sends a command, and records its fate if it fails. */
export function sendCommand(
  client: ClientAdapter,
  head: readonly string[],
  keys: readonly string[] = [],
  tail: readonly string[] = [],
): Promise<unknown> {
  return noteFailure(client, () => client.send(head, keys, tail))
}

/** Returns whether the server itself replied with this error, so that the command has ended. */
export function isServerReply(error: unknown): error is Error {
  return isError(error) && fates.get(error) === 'answered'
}

/** Returns whether the client never sent the command. After any other error it may still be in flight. */
export function wasNeverSent(error: unknown): boolean {
  return isError(error) && fates.get(error) === 'unsent'
}

/** Returns whether the client gave up waiting for the reply. */
export function isCommandTimeout(error: unknown): boolean {
  return isError(error) && fates.get(error) === 'timeout'
}
