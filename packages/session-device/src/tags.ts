import type { CheckedSecret } from '@bext/session-core/store-helpers'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64url } from 'jose'

/** Use of an authenticated text. One of another use is not genuine. */
export type TagUse = 'bound cookie' | 'registration challenge' | 'refresh challenge'

/** Creates and checks authenticated texts: fields and their HMAC-SHA-256, joined by dots. */
export interface Tags {
  /** Returns the text of the fields. `context` is authenticated and not part of the text. */
  seal(use: TagUse, fields: readonly string[], context?: string): string
  /** Returns the fields of a genuine text, or undefined. */
  open(use: TagUse, text: string, context?: string): readonly string[] | undefined
}

const keyInfo = '@bext/session-device v1'
const encoder = new TextEncoder()

type Mac = (text: string) => string

// Synchronous, unlike WebCrypto: the check of a request must not wait before it reads the store, and costs less.
function createMac({ bytes }: CheckedSecret): Mac {
  const keyed = hmac.create(sha256, hkdf(sha256, bytes, undefined, encoder.encode(keyInfo), 32))
  return (text) => base64url.encode(keyed.clone().update(encoder.encode(text)).digest())
}

/** Compares in a time that does not depend on the content. */
function isEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}

/** Returns the HMAC. No field contains a line feed, so different fields have different texts. */
function macOf(mac: Mac, use: TagUse, text: string, context: string): string {
  return mac(`${use}\n${context}\n${text}`)
}

export function createTags(secrets: readonly [CheckedSecret, ...CheckedSecret[]]): Tags {
  const macs = new Map(secrets.map((secret) => [secret.id, createMac(secret)]))
  const first = secrets[0].id

  return {
    seal(use, fields, context = '') {
      const text = [first, ...fields].join('.')
      return `${text}.${macOf(macs.get(first) as Mac, use, text, context)}`
    },

    open(use, text, context = '') {
      const at = text.lastIndexOf('.')
      const [secretId = '', ...fields] = text.slice(0, Math.max(at, 0)).split('.')
      const mac = macs.get(secretId)
      if (!mac) return undefined
      return isEqual(macOf(mac, use, text.slice(0, at), context), text.slice(at + 1)) ? fields : undefined
    },
  }
}
