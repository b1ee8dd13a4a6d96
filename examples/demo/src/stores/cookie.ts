import { randomBytes } from 'node:crypto'
import { cookieSessions } from '@bext/session-cookie'
import type { DemoStore } from './store.js'

export function openCookieStore(): DemoStore {
  return {
    // A new secret for each run, so that its cookies are invalid afterwards.
    plugin: cookieSessions({ secrets: [{ id: 'demo', secret: randomBytes(32) }] }),
    place: 'in the browser',
    keeps: 'Nothing: the cookie is the session itself, sealed so that the browser can neither read nor change it.',
    isServerBacked: false,
    shows: 'everything',
    async look() {
      return { columns: [], rows: [] }
    },
    async close() {},
  }
}
