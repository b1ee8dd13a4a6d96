import { describeType, rejectUnknownOptions } from '@bext/session-core/store'

/** A secret that session ids are sealed with. */
export interface CookieSecret {
  /** Names the secret, in plain sight, in every id that it seals: 1 to 64 of `A-Z a-z 0-9 _`, no two the same. */
  readonly id: string
  /** At least 32 bytes (a string's bytes of UTF-8) that nobody can guess, such as `openssl rand -base64 48` prints. */
  readonly secret: string | Uint8Array
}

/** A secret that has passed the checks, with its own copy of the bytes (contract R7). */
export interface CheckedSecret {
  readonly id: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

const minSecretBytes = 32
const secretId = /^\w{1,64}$/

function checkBytes(option: string, secret: unknown): Uint8Array<ArrayBuffer> {
  const wanted = `cookieSessions: option ${option} must be a string or a Uint8Array of at least ${minSecretBytes} bytes`
  const advice = 'Make one with: openssl rand -base64 48'
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    // describeType shows numbers as they are, and this one may be a secret.
    const given = typeof secret === 'number' ? 'a number' : describeType(secret)
    throw new TypeError(`${wanted}, but it is ${given}. ${advice}`)
  }
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array(secret)
  if (bytes.length < minSecretBytes) throw new TypeError(`${wanted}, but it has ${bytes.length}. ${advice}`)
  return bytes
}

/** The secrets, in their order. Throws a `TypeError` that names the wrong one by its place, and never shows it. */
export function checkSecrets(secrets: unknown): readonly [CheckedSecret, ...CheckedSecret[]] {
  if (!Array.isArray(secrets)) {
    const given = typeof secrets === 'number' ? 'a number' : describeType(secrets)
    throw new TypeError(`cookieSessions: option secrets must be an array of { id, secret }, but it is ${given}.`)
  }
  const indexOfId = new Map<string, number>()
  const [first, ...others] = Array.from(secrets as unknown[], (entry, index): CheckedSecret => {
    const option = `secrets[${index}]`
    rejectUnknownOptions(`cookieSessions: option ${option}`, entry, ['id', 'secret'])
    const { id, secret } = entry as Partial<Record<keyof CookieSecret, unknown>>
    if (typeof id !== 'string' || !secretId.test(id)) {
      const given = typeof id === 'string' ? 'another string' : describeType(id)
      throw new TypeError(`cookieSessions: option ${option}.id must be 1 to 64 of A-Z a-z 0-9 _, but it is ${given}.`)
    }
    if (indexOfId.has(id)) {
      const other = `secrets[${indexOfId.get(id)}].id`
      throw new TypeError(`cookieSessions: option ${option}.id must be unique, but it is the same as ${other}.`)
    }
    indexOfId.set(id, index)
    return { id, bytes: checkBytes(`${option}.secret`, secret) }
  })
  if (first === undefined) {
    throw new TypeError('cookieSessions: option secrets must hold at least one { id, secret }, but it is empty.')
  }
  return [first, ...others]
}
