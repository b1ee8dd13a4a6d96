/** Least rights of the store's ACL user on a single server, as the README of the store lists them. */
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
  '+getdel',
  '+zadd',
  '+zrem',
  '+zremrangebyscore',
  '+info',
]

/** Further rights that it needs in a Cluster. */
export const leastRedisRightsInCluster: readonly string[] = [
  '+cluster|slots',
  '+cluster|info',
  '+asking',
  '+readonly',
  '+client|setname',
]
