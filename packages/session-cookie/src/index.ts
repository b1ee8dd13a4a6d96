export type { CookieSessions } from './cookie-store.js'
export { cookieSessions } from './cookie-store.js'
export type { CookieSessionsOptions } from './options.js'
export type { CookieSecret } from './secrets.js'
