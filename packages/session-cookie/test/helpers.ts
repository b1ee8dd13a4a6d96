import { hkdfSync, randomBytes } from 'node:crypto'
import type { SessionError, SessionId } from '@bext/session-core'
import type { CookieSecret } from '@bext/session-cookie'
import { defaults, seal } from 'iron-webcrypto'
import { expect } from 'vitest'

export const hourMs = 3_600_000

export function newSecret(id: string): CookieSecret {
  return { id, secret: randomBytes(32) }
}

/** Expects the call to reject with `Invalid` and the reason, and resolves to its error. */
export async function expectInvalid(call: Promise<unknown>, reason: string): Promise<SessionError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ name: 'SessionError', code: 'Invalid', reason })
  return error as SessionError
}

interface Keys {
  readonly encryption: Buffer
  readonly integrity: Buffer
}

/**
 * Derives the keys of a secret. Repeats the formula, so that a change of it in `src` fails: existing ids rely on it.
 */
export async function deriveKeys({ secret }: CookieSecret, purpose = 'session'): Promise<Keys> {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `@bext/session-cookie v1 ${use}: ${purpose}`, 32))
  return { encryption: derive('encryption'), integrity: derive('integrity') }
}

/** Seals any text with a valid MAC, as only the holder of the secret can. */
export async function sealPayload(text: string, secret: CookieSecret, ttl = hourMs): Promise<SessionId> {
  const { encryption, integrity } = await deriveKeys(secret)
  const key = { id: secret.id, encryption: new Uint8Array(encryption), integrity: new Uint8Array(integrity) }
  return (await seal(text, key, { ...defaults, ttl, encode: String })) as SessionId
}

/** Encodes a payload. Repeats the layout, so that a change of it in `src` fails: existing ids rely on it. */
export function payloadOf(kind: string, createdAtMs: number, rest: string): string {
  const digits = [5, 4, 3, 2, 1, 0].map((power) => Number((BigInt(createdAtMs) >> BigInt(7 * power)) & 127n))
  return `${kind}${String.fromCharCode(...digits)}${rest}`
}
