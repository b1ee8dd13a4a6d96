import { hash } from 'node:crypto'

/**
 * SHA-256 as 43 characters of base64url: what PostgreSQL gets instead of session ids (contract I1). The same as
 * `hashSessionId` of core, by Node's own code, as a store does this for every call.
 */
export function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}
