import { hash } from 'node:crypto'

/**
 * Computes the SHA-256 of the text's UTF-8 bytes, as base64url. Node's own hash, because every call of a store needs
 * it.
 */
export function sha256Base64url(text: string): string {
  return hash('sha256', text, 'base64url')
}
