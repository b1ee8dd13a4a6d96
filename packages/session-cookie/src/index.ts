export type { CookieSessions, RevocableCookieSessions } from './store.js'
export { cookieSessions } from './store.js'
export type { LegacySession, LegacyDecoder } from './legacy/legacy.js'
export type { CookieSecret, CookieSessionsOptions } from './options.js'
