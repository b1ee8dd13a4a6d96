import { rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { describeWithoutValue, optionError } from './wrong-option.js'

/** A secret that session ids are sealed with. */
export interface CookieSecret {
  /** Names the secret, in plain sight, in every id that it seals: 1 to 64 of `A-Z a-z 0-9 _`, no two the same. */
  readonly id: string
  /**
   * At least 32 bytes (a string's bytes of UTF-8) that nobody can guess, such as
   * `npx @bext/session-cookie generate-secret` prints.
   */
  readonly secret: string | Uint8Array
}

/** A secret that has passed the checks, with its own copy of the bytes (contract R7). */
export interface CheckedSecret {
  readonly id: string
  readonly bytes: Uint8Array
}

const minSecretBytes = 32
const secretId = /^\w{1,64}$/

// Not by instanceof: test environments have a Uint8Array of their own.
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}

function checkBytes(option: string, secret: unknown): Uint8Array {
  const given = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  const isBytes = isUint8Array(given)
  const bytes = new Uint8Array(isBytes ? given : [])
  if (bytes.length >= minSecretBytes) return bytes
  const advice = ' (npx @bext/session-cookie generate-secret)'
  throw optionError(
    option,
    `a string or a Uint8Array of at least ${minSecretBytes} bytes${advice}`,
    isBytes ? `one of ${bytes.length}` : describeWithoutValue(secret),
  )
}

/** The secrets, in their order. Throws a `TypeError` that names the wrong one by its place, and never shows it. */
export function checkSecrets(secrets: unknown): readonly [CheckedSecret, ...CheckedSecret[]] {
  const ids = new Set<string>()
  const given: readonly unknown[] = Array.isArray(secrets) ? Array.from(secrets) : []
  const [first, ...others] = given.map((entry, index): CheckedSecret => {
    const option = `secrets[${index}]`
    rejectUnknownOptions(`cookieSessions: option ${option}`, entry, ['id', 'secret'])
    const { id, secret } = entry as Partial<Record<keyof CookieSecret, unknown>>
    if (typeof id !== 'string' || !secretId.test(id) || ids.has(id)) {
      const isTaken = typeof id === 'string' && ids.has(id)
      throw optionError(
        `${option}.id`,
        '1 to 64 of A-Z a-z 0-9 _, no two the same',
        isTaken ? 'taken' : describeWithoutValue(id),
      )
    }
    ids.add(id)
    return { id, bytes: checkBytes(`${option}.secret`, secret) }
  })
  if (first) return [first, ...others]
  throw optionError(
    'secrets',
    'an array of one or more { id, secret }',
    Array.isArray(secrets) ? 'empty' : describeWithoutValue(secrets),
  )
}
