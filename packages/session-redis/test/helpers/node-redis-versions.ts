import * as current from 'redis'
import * as redis59 from 'redis-5.9'
import * as redis512 from 'redis-5.12'
import * as redis60 from 'redis-6.0'
import type { NodeRedis } from './node-redis-clients.js'

type Version = readonly [version: string, driver: NodeRedis]
type Versions = readonly [Version, ...Version[]]

/** The current version of node-redis, and the last one of the major before. */
export const mainVersions = [
  ['6.3', current],
  ['5.12', redis512],
] as unknown as Versions

const oldest = [
  ['6.0', redis60],
  ['5.9', redis59],
] as unknown as Versions

/** The main versions, and the oldest one of each major. */
export const allVersions: Versions = [...mainVersions, ...oldest]
