import type { JWK } from 'jose'
import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'

export type Algorithm = 'ES256' | 'RS256'

/** Public key of a device. */
export interface PublicKey {
  readonly alg: Algorithm
  /** The members that make up the key, and no others. */
  readonly jwk: JWK
  readonly thumbprint: string
}

/** Longest proof, in characters. One of a 4096-bit RSA key with its registration is shorter. */
export const maxProofLength = 4096

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const typ = 'dbsc+jwt'
// RSA keys of 2048 to 4096 bits, in base64url.
const rsaModulus = /^[\w-]{342,683}$/
const usualExponent = 'AQAB'
const coordinate = /^[\w-]{43}$/

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

/** Returns the public key of a proof. jose checks it again when it imports the key for the algorithm. */
function publicKeyOf(alg: unknown, given: JWK | undefined): Pick<PublicKey, 'alg' | 'jwk'> {
  const jwk = { ...given }
  const { kty, crv, x, y, n, e } = jwk
  if (!privateMembers.some((member) => member in jwk)) {
    if (alg === 'ES256' && kty === 'EC' && crv === 'P-256' && isText(x, coordinate) && isText(y, coordinate)) {
      return { alg, jwk: { kty, crv, x, y } }
    }
    if (alg === 'RS256' && kty === 'RSA' && isText(n, rsaModulus) && e === usualExponent) {
      return { alg, jwk: { kty, n, e } }
    }
  }
  throw new TypeError('The proof has no public key of ES256 or RS256.')
}

/** Returns the challenge of a proof that the key signed. */
async function verify(proof: string, { alg, jwk }: Pick<PublicKey, 'alg' | 'jwk'>): Promise<string> {
  const { payload } = await jwtVerify(proof, await importJWK(jwk, alg), { algorithms: [alg], typ })
  if (typeof payload.jti === 'string') return payload.jti
  throw new TypeError('The proof has no challenge.')
}

/** Verifies the proof of a registration with the key that it contains. Rejects if it is not genuine. */
export async function verifyRegistration(proof: string): Promise<{ key: PublicKey; challenge: string }> {
  const { alg, jwk } = decodeProtectedHeader(proof)
  const key = publicKeyOf(alg, jwk)
  const challenge = await verify(proof, key)
  return { key: { ...key, thumbprint: await calculateJwkThumbprint(key.jwk) }, challenge }
}

/** Verifies the proof of a refresh with the registered key, and resolves to its challenge. Rejects if it is not genuine. */
export async function verifyRefresh(proof: string, key: PublicKey): Promise<string> {
  if (decodeProtectedHeader(proof).jwk !== undefined) throw new TypeError('A refresh must not contain a key.')
  return verify(proof, key)
}
