import { createHash } from 'node:crypto'
import { script } from './live-script.js'
import { css } from './style.js'

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/** Content security policy of the pages: this style sheet and this script, and forms and a socket to the app. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(css)}`,
  `script-src ${hashOf(script)}`,
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
