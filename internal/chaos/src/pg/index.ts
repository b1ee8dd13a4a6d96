import type { Backend } from '../lib/scenario.js'
import { failover, failoverSync } from './failover.js'
import { pooler } from './pooler.js'
import { single } from './single.js'

export const pg: Backend = { name: 'pg', scenarios: [single, pooler, failover, failoverSync] }
