import { SessionError } from '@bext/session-core'
import type { PgAdapter } from './adapter.js'
import { probes } from './probes.js'
import { nextTag, stripTag } from './tagged-replies.js'

/** Explains why a client that alters text is rejected, after the name of the caller. */
export const alteredText =
  'the option types of the client has a type for text that alters sessions. Pass a client without it.'

const undecodedOnly =
  'the client does not return values in PostgreSQL’s text format. Pass a Pool of pg without the option binary and without pg-native.'

/** Properties of a client's connections. */
export interface ConnectionTraits {
  /** False if a pooler may run each statement in another server process, which has no statements prepared earlier. */
  readonly canPrepare: boolean
  readonly clientEncoding: string
  /** True if the client sends text unchanged. */
  readonly keepsText: boolean
  /** True if the client returns values as PostgreSQL writes them in its text format. */
  readonly returnsText: boolean
}

/**
 * Asks the server about the client's connections. A pooler may run each transaction in a different server process. It is
 * detected by its process id: the id that it named when the connection was opened is not the id of the process that
 * replies.
 */
export async function readConnectionTraits(adapter: PgAdapter, untilMs: number): Promise<ConnectionTraits> {
  const tag = nextTag()
  const columns = probes.map((_, position) => `$${position + 1}::text`).join(', ')
  const text = `select pg_backend_pid(), current_setting('client_encoding'), ${columns}, '${tag}'`
  const { rows, serverProcess } = await adapter.runStatement({ text, parameters: probes, prepare: false, untilMs })
  const [row = []] = stripTag(rows, tag)
  const [pid, clientEncoding, ...answers] = row
  return {
    canPrepare: serverProcess === undefined || pid === String(serverProcess),
    clientEncoding: String(clientEncoding),
    keepsText: probes.every((probe, position) => answers[position] === probe),
    returnsText: typeof pid === 'string' && /^\d+$/.test(pid),
  }
}

/** Returns true if the server reads text as UTF-8, which all drivers send, or stores the bytes unchanged. */
export function acceptsUtf8(clientEncoding: string): boolean {
  return clientEncoding === 'UTF8' || clientEncoding === 'SQL_ASCII'
}

/**
 * Resolves to true if statements can be prepared. Rejects with `Backend` if the server would alter the client's text, and
 * with a `TypeError` if the client alters text (contract R2).
 */
export async function detectPreparing(adapter: PgAdapter, untilMs: number): Promise<boolean> {
  const { canPrepare, clientEncoding, keepsText, returnsText } = await readConnectionTraits(adapter, untilMs)
  if (!returnsText) throw new TypeError(undecodedOnly)
  if (!keepsText) throw new TypeError(alteredText)
  if (acceptsUtf8(clientEncoding)) return canPrepare
  const advice = 'Remove this setting from the options of the client, from its role and from the database.'
  throw new SessionError('failed', `client_encoding is ${clientEncoding}, but the driver sends UTF-8. ${advice}`)
}
