export type { ServiceUrls } from './lib/provided-context.js'
export type { Route, RunningService } from './lib/service.js'
export { startPostgres, startRedis, startRedisWith } from './lib/start.js'
