export type { RedisClient } from './client.js'
export type { RedisSessionsOptions } from './options.js'
export type { RedisSessions } from './store.js'
export { redisSessions } from './store.js'
