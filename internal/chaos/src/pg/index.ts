import type { Backend } from '../scenario.js'
import { failover, failoverSync } from './failover.js'
import { lockedRows } from './locked-rows.js'
import { pooler } from './pooler.js'
import { rowSecurity } from './row-security.js'
import { single } from './single.js'

export const pg: Backend = { name: 'pg', scenarios: [single, pooler, lockedRows, rowSecurity, failover, failoverSync] }
