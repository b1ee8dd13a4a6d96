import { SessionError } from '@bext/session-core'
import { defaults, seal as sealIron, unseal as unsealIron } from 'iron-webcrypto'
import type { SealKey } from './keys.js'

// Fe26.2*keyId*salt*iv*ciphertext*expiresAtMs*salt*mac, where both salts are empty, as the keys are no passwords.
// The patterns take base64url in its one canonical spelling only: iron would open others of the same bytes, and an id
// of a second spelling is a second id.
const sixteenBytes = '[\\w-]{21}[AQgw]'
const thirtyTwoBytes = '[\\w-]{42}[AEIMQUYcgkosw048]'
const fortyEightBytes = '[\\w-]{64}'
const blocks = `(?:${fortyEightBytes})*(?:${sixteenBytes}|${thirtyTwoBytes}|${fortyEightBytes})`
const canonicalToken = new RegExp(
  `^Fe26\\.2\\*(\\w{1,64})\\*\\*${sixteenBytes}\\*${blocks}\\*[1-9]\\d{0,15}\\*\\*${thirtyTwoBytes}$`,
)

const blockBytes = 16
const ivLength = 22
const macLength = 43

function lengthWithoutCiphertext(keyId: string, expiresAtMs: number): number {
  return `Fe26.2*${keyId}**`.length + ivLength + '**'.length + String(expiresAtMs).length + '**'.length + macLength
}

/** How many characters `seal` makes of a text of that many bytes. */
export function sealedLength(textBytes: number, keyId: string, expiresAtMs: number): number {
  const ciphertextBytes = textBytes - (textBytes % blockBytes) + blockBytes
  return lengthWithoutCiphertext(keyId, expiresAtMs) + Math.ceil((ciphertextBytes * 4) / 3)
}

/** How many bytes of text `seal` takes to make at most `maxLength` characters. Negative if no text is short enough. */
export function sealableBytes(maxLength: number, keyId: string, expiresAtMs: number): number {
  const ciphertextBytes = Math.floor(((maxLength - lengthWithoutCiphertext(keyId, expiresAtMs)) * 3) / 4)
  return Math.floor(ciphertextBytes / blockBytes) * blockBytes - 1
}

/** Encrypts and authenticates the text; no two calls give the same token. Rejects only if WebCrypto fails. */
export function seal(text: string, key: SealKey, expiresAtMs: number): Promise<string> {
  // iron adds its clock to the ttl, and a ttl of 0 means for ever. With its clock set to 0 the ttl is the expiry.
  const options = { ...defaults, encode: String, localtimeOffsetMsec: -Date.now(), ttl: expiresAtMs }
  return sealIron(text, key, options)
}

// iron looks at the expiry before it verifies the MAC, so that a forged expiry would pass for an old one. Its clock is
// set to before all time, and the expiry inside decides.
const unsealOptions = {
  ...defaults,
  decode: (text: string): string => text,
  localtimeOffsetMsec: Number.NEGATIVE_INFINITY,
}

/** The id of the key that sealed the token. Throws `Invalid`, reason `malformed`, if `seal` cannot have made it. */
export function keyIdOf(token: string): string {
  const keyId = canonicalToken.exec(token)?.[1]
  if (keyId === undefined) throw new SessionError('malformed', 'The session id is malformed: it is no sealed session.')
  return keyId
}

/** The text in the token, expired or not. Rejects with `Invalid`, reason `tampered`, if its MAC is wrong (R4). */
export async function unseal(token: string, key: SealKey): Promise<string> {
  try {
    return (await unsealIron(token, { [key.id]: key }, unsealOptions)) as string
  } catch {
    throw new SessionError(
      'tampered',
      'The session id fails its integrity check: it was altered, or sealed with another secret or for another purpose.',
    )
  }
}
