import { describeType, rejectUnknownOptions } from './option-checks.js'

/** A secret of an option `secrets`, with a copy of its bytes (contract R7). */
export interface CheckedSecret {
  readonly id: string
  readonly bytes: Uint8Array
}

const minSecretBytes = 32
const secretId = /^\w{1,64}$/

/** Describes the value for error texts without showing it, because it may be a secret. */
export function describeWithoutValue(value: unknown): string {
  return typeof value === 'string' ? 'another string' : describeType(value)
}

function optionError(factory: string, option: string, expected: string, given: string): TypeError {
  return new TypeError(`${factory}: option ${option} must be ${expected}, but it is ${given}.`)
}

// Not by instanceof: a test environment may have a different Uint8Array.
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}

function checkSecretBytes(factory: string, option: string, secret: unknown): Uint8Array {
  const given = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  const isBytes = isUint8Array(given)
  const bytes = new Uint8Array(isBytes ? given : [])
  if (bytes.length >= minSecretBytes) return bytes
  const advice = ' (to make one: npx @bext/session-cookie generate-secret)'
  throw optionError(
    factory,
    option,
    `a string or a Uint8Array of at least ${minSecretBytes} bytes${advice}`,
    isBytes ? `${bytes.length} bytes long` : describeWithoutValue(secret),
  )
}

/**
 * Returns the secrets `{ id, secret }` in their order: ids of 1 to 64 characters of `A-Z a-z 0-9 _`, unique, and secrets of at
 * least 32 bytes. Throws a `TypeError` that names a wrong secret by its index and never shows it.
 */
export function checkSecrets(factory: string, secrets: unknown): readonly [CheckedSecret, ...CheckedSecret[]] {
  const ids = new Set<string>()
  const given: readonly unknown[] = Array.isArray(secrets) ? Array.from(secrets) : []
  const [first, ...others] = given.map((entry, index): CheckedSecret => {
    const option = `secrets[${index}]`
    rejectUnknownOptions(`${factory}: option ${option}`, entry, ['id', 'secret'])
    const { id, secret } = entry as { readonly id?: unknown; readonly secret?: unknown }
    if (typeof id !== 'string' || !secretId.test(id) || ids.has(id)) {
      const isTaken = typeof id === 'string' && ids.has(id)
      throw optionError(
        factory,
        `${option}.id`,
        '1 to 64 characters of A-Z a-z 0-9 _, and unique',
        isTaken ? 'used twice' : describeWithoutValue(id),
      )
    }
    ids.add(id)
    return { id, bytes: checkSecretBytes(factory, `${option}.secret`, secret) }
  })
  if (first) return [first, ...others]
  throw optionError(
    factory,
    'secrets',
    'an array of one or more { id, secret }',
    Array.isArray(secrets) ? 'empty' : describeWithoutValue(secrets),
  )
}
