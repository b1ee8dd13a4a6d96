import type { Suite } from '../lib/suite.js'
import { redisSuite } from './redis.js'

export const suites: readonly Suite[] = [redisSuite]
