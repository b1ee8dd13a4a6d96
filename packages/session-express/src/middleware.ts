export type { SessionMiddleware, SessionRequest } from './middleware/express-sessions.js'
export { expressSessions } from './middleware/express-sessions.js'
