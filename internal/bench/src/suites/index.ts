import type { Suite } from '../measure/suite.js'
import { cookieSuite } from './cookie.js'
import { pgSuite } from './pg.js'
import { redisSuite } from './redis.js'

export const suites: readonly Suite[] = [redisSuite, pgSuite, cookieSuite]
