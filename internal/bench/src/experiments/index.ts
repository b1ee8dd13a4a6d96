import type { Experiment } from './experiment.js'
import { diagnostics } from './diagnostics.js'
import { devices } from './devices.js'
import { host } from './host.js'
import { pgGrowth } from './pg-growth.js'
import { pgHot } from './pg-hot.js'
import { pgSweep } from './pg-sweep.js'
import { redisMemory } from './redis-memory.js'
import { sockets } from './sockets.js'
import { socketsHour } from './sockets-hour.js'

export const experiments: readonly Experiment[] = [
  redisMemory,
  pgGrowth,
  pgHot,
  pgSweep,
  host,
  diagnostics,
  devices,
  sockets,
  socketsHour,
]
