import { base64urlOf32Bytes } from '@bext/session-core/store-helpers'
import { malformed } from '../errors.js'

// Accepts only the canonical spelling of base64url. iron also opens other spellings of the same bytes, which would give
// one session several ids. The last character of 16 bytes carries two bits, that of 32 bytes four.
const bytes16 = '[\\w-]{21}[AQgw]'
const bytes32 = base64urlOf32Bytes
const bytes48 = '[\\w-]{64}'
const blocks = `(?:${bytes48})*(?:${bytes16}|${bytes32}|${bytes48})`

/** Sources of regular expressions for base64url: an iv, the blocks of a ciphertext, a MAC. */
export const canonical: Readonly<Record<'iv' | 'blocks' | 'mac', string>> = { iv: bytes16, blocks, mac: bytes32 }

// Fe26.2*keyId*salt*iv*ciphertext*expiresAtMs*salt*mac. Both salts are empty, because the keys are not passwords.
const authenticatedPart = `Fe26\\.2\\*(\\w{1,64})\\*\\*(${bytes16})\\*(${blocks})\\*([1-9]\\d{0,15})`
const canonicalToken = new RegExp(`^(${authenticatedPart})\\*\\*(${bytes32})$`)

const blockBytes = 16

/** The parts of a token, exactly as the token spells them. */
export interface ParsedToken {
  /** The whole token, which is the session id. */
  readonly id: string
  /** The part that the MAC covers. */
  readonly authenticated: string
  readonly keyId: string
  readonly iv: string
  readonly ciphertext: string
  readonly expiresAtMs: number
  readonly mac: string
}

function tokenLength(ciphertextBytes: number, keyId: string, expiresAtMs: number): number {
  const [ivLength, macLength] = [22, 43]
  return `Fe26.2*${keyId}******${expiresAtMs}`.length + ivLength + Math.ceil((ciphertextBytes * 4) / 3) + macLength
}

/** Returns the length of a token, in characters, that holds a payload of `payloadBytes` bytes. */
export function sealedLength(payloadBytes: number, keyId: string, expiresAtMs: number): number {
  return tokenLength(payloadBytes - (payloadBytes % blockBytes) + blockBytes, keyId, expiresAtMs)
}

/** Returns how many bytes of payload fit into a token of `maxLength` characters. Negative if not even 0 bytes fit. */
export function sealableBytes(maxLength: number, keyId: string, expiresAtMs: number): number {
  const ciphertextBytes = ((maxLength - tokenLength(0, keyId, expiresAtMs)) * 3) / 4
  return Math.floor(ciphertextBytes / blockBytes) * blockBytes - 1
}

/** Splits an id into its parts and verifies none of them. Throws `Invalid`, reason `malformed`, if it is no token. */
export function parseToken(id: string): ParsedToken {
  const parts = canonicalToken.exec(id)
  if (!parts) throw malformed()
  const [, authenticated = '', keyId = '', iv = '', ciphertext = '', expiry, mac = ''] = parts
  return { id, authenticated, keyId, iv, ciphertext, expiresAtMs: Number(expiry), mac }
}
