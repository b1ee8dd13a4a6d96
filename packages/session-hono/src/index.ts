export type { SessionEnv } from './middleware.js'
export { honoSessions } from './middleware.js'
