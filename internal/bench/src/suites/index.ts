import type { Suite } from '../measure/suite.js'
import { cookieSuite } from './cookie.js'
import { pgSuite } from './pg.js'
import { redisSuite } from './redis.js'
import { sqliteSuite } from './sqlite.js'

export const suites: readonly Suite[] = [redisSuite, pgSuite, sqliteSuite, cookieSuite]
