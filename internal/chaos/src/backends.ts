import type { Backend } from './scenario.js'
import { pg } from './pg/index.js'
import { redis } from './redis/index.js'

export const backends: readonly Backend[] = [redis, pg]
