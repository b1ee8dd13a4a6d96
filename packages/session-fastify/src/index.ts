export type { FastifySessionsOptions, SessionData } from './plugin.js'
export { fastifySessions } from './plugin.js'
