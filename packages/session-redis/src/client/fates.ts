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

/** Records the fate of a command that failed with this error. */
export function noteFailure(client: ClientAdapter, error: unknown): void {
  if (isError(error)) fates.set(error, client.fateOf(error))
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
