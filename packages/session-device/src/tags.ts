import type { CheckedSecret } from '@bext/session-core/store-helpers'
import { createMac } from '#mac'
import type { Mac } from './mac/mac.js'

/** Use of an authenticated text. One of another use is not genuine. */
export type TagUse = 'bound cookie' | 'registration challenge' | 'refresh challenge'

/** Creates and checks authenticated texts: fields and their HMAC-SHA-256, joined by dots. */
export interface Tags {
  /** Returns the text of the fields. `context` is authenticated and not part of the text. */
  seal(use: TagUse, fields: readonly string[], context?: string): string
  /** Returns the fields of a genuine text, or undefined. */
  open(use: TagUse, text: string, context?: string): readonly string[] | undefined
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

/** Creates authenticated texts with the first secret, and checks them with all. */
export function createTags(secrets: readonly [CheckedSecret, ...CheckedSecret[]]): Tags {
  const macs = new Map(secrets.map((secret) => [secret.id, createMac(secret.bytes)]))
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
