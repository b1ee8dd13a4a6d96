import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64url } from 'jose'
import type { CreateMac } from './mac.js'
import { keyInfo } from './mac.js'

const encoder = new TextEncoder()

export const createMac: CreateMac = (secret) => {
  const keyed = hmac.create(sha256, hkdf(sha256, secret, undefined, encoder.encode(keyInfo), 32))
  return (text) => base64url.encode(keyed.clone().update(encoder.encode(text)).digest())
}
