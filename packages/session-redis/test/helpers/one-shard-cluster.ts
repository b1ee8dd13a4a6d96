import { startRedisProcess, waitUntil, type RedisProcess } from '@bext-internal/test-services'

/** Starts a Cluster of one shard, in which the faults of one connection affect every key. */
export async function startOneShardCluster(): Promise<RedisProcess> {
  const server = await startRedisProcess({ settings: ['--cluster-enabled', 'yes'] })
  await server.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await waitUntil(async () => {
    if (!(await server.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) throw new Error('It is not ready.')
  }, 15_000)
  return server
}
