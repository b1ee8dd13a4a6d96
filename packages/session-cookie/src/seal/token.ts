import { malformed } from '../errors.js'

// Base64url is taken in its one canonical spelling only: iron would open others of the same bytes, and an id of a second
// spelling is a second id. So the last character of 16 bytes carries two bits, that of 32 bytes four.
const bytes16 = '[\\w-]{21}[AQgw]'
const bytes32 = '[\\w-]{42}[AEIMQUYcgkosw048]'
const bytes48 = '[\\w-]{64}'
const blocks = `(?:${bytes48})*(?:${bytes16}|${bytes32}|${bytes48})`

/** Sources of regular expressions for base64url: an iv, the blocks of a ciphertext, a MAC. */
export const canonical: Readonly<Record<'iv' | 'blocks' | 'mac', string>> = { iv: bytes16, blocks, mac: bytes32 }

// Fe26.2*keyId*salt*iv*ciphertext*expiresAtMs*salt*mac, where both salts are empty, as the keys are no passwords.
const sealedPart = `Fe26\\.2\\*(\\w{1,64})\\*\\*(${bytes16})\\*(${blocks})\\*([1-9]\\d{0,15})`
const canonicalToken = new RegExp(`^(${sealedPart})\\*\\*(${bytes32})$`)

const blockBytes = 16

/** A token's parts, as they stand in it. */
export interface Token {
  readonly text: string
  /** All that the MAC is of. */
  readonly sealed: string
  readonly keyId: string
  readonly iv: string
  readonly ciphertext: string
  readonly expiresAtMs: number
  readonly mac: string
}

function lengthOf(ciphertextBytes: number, keyId: string, expiresAtMs: number): number {
  const [ivLength, macLength] = [22, 43]
  return `Fe26.2*${keyId}******${expiresAtMs}`.length + ivLength + Math.ceil((ciphertextBytes * 4) / 3) + macLength
}

/** How many characters a token has around a text of that many bytes. */
export function sealedLength(textBytes: number, keyId: string, expiresAtMs: number): number {
  return lengthOf(textBytes - (textBytes % blockBytes) + blockBytes, keyId, expiresAtMs)
}

/** How many bytes of text fit into a token of at most `maxLength` characters. Negative if no text is short enough. */
export function sealableBytes(maxLength: number, keyId: string, expiresAtMs: number): number {
  const ciphertextBytes = ((maxLength - lengthOf(0, keyId, expiresAtMs)) * 3) / 4
  return Math.floor(ciphertextBytes / blockBytes) * blockBytes - 1
}

/** The parts of a token. Throws `Invalid`, reason `malformed`, if no maker can have made it. Nothing is verified yet. */
export function parseToken(text: string): Token {
  const parts = canonicalToken.exec(text)
  if (!parts) throw malformed()
  const [, sealed = '', keyId = '', iv = '', ciphertext = '', expiry, mac = ''] = parts
  return { text, sealed, keyId, iv, ciphertext, expiresAtMs: Number(expiry), mac }
}
