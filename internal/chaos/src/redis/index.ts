import type { Backend } from '../scenario.js'
import { cluster } from './cluster.js'
import { full } from './full.js'
import { reshard } from './reshard.js'
import { sentinel } from './sentinel.js'
import { single } from './single.js'

export const redis: Backend = { name: 'redis', scenarios: [single, full, sentinel, cluster, reshard] }
