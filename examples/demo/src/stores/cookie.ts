import { randomBytes } from 'node:crypto'
import { cookieSessions } from '@bext/session-cookie'
import type { DemoStore } from './store.js'

export function openCookieStore(): DemoStore {
  return {
    // A secret of this run alone, so that its cookies end with it.
    plugin: cookieSessions({ secrets: [{ id: 'demo', secret: randomBytes(32) }] }),
    place: 'in the browser',
    keeps: 'Nothing: the cookie is the session itself, sealed, so that the browser can neither read nor alter it.',
    isServerBacked: false,
    shows: 'all there is',
    async look() {
      return { columns: [], rows: [] }
    },
    async close() {},
  }
}
