import type { CheckedOptions } from '../options.js'
import { createOwnClient, type OwnClient } from './own-client.js'

/** The client of a store. A client that was given to the store is never closed. */
export type OpenClient = OwnClient

/** Returns the given client, or a new one for the URL that connects on its first command. */
export function connect(source: CheckedOptions['source'], timeoutMs: number): OpenClient {
  if ('url' in source) return createOwnClient(source.url, timeoutMs)
  const { client, onWarning } = source
  for (const warning of client.warnings()) {
    // An error that the hook throws reaches the caller of the factory, so that an application can refuse to start. A
    // rejection has nowhere to go.
    Promise.resolve<unknown>(onWarning(warning)).catch(() => {})
  }
  return { client, close: async () => {} }
}
