/** The least that an ACL user of the store needs on a single server, as the README of the store has it. */
export const leastRedisRights: readonly string[] = [
  '~session:*',
  '+get',
  '+mget',
  '+getrange',
  '+zrange',
  '+evalsha',
  '+eval',
  '+time',
  '+ping',
  '+set',
  '+setrange',
  '+pexpireat',
  '+del',
  '+zadd',
  '+zrem',
  '+zremrangebyscore',
  '+info',
]

/** What it needs in a Cluster besides. */
export const leastRedisRightsInCluster: readonly string[] = [
  '+cluster|slots',
  '+cluster|info',
  '+asking',
  '+readonly',
  '+client|setname',
]
