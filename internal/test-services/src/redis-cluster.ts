import { idOf } from './redis-slots.js'
import { startRedisProcess, type RedisProcess } from './redis-process.js'
import { waitUntil } from './wait-until.js'

const settleWithinMs = 30_000

const slotRanges = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const

/** A Redis Cluster of three masters, each with a replica that is promoted when the master fails. */
export interface RedisCluster {
  readonly servers: readonly RedisProcess[]
  /** Resolves to the servers that report to be masters. */
  readonly masters: () => Promise<RedisProcess[]>
  /** Resolves once all servers agree on three masters, each with an up-to-date replica. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts the six servers. They consider a silent server down after `nodeTimeoutMs`. */
export async function startRedisCluster(nodeTimeoutMs: number = 10_000): Promise<RedisCluster> {
  const servers: RedisProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()))
  }

  async function masters(): Promise<RedisProcess[]> {
    const roles = await Promise.all(servers.map(({ ask }) => ask('INFO', 'replication')))
    return servers.filter((_, position) => roles[position]?.includes('role:master'))
  }

  async function checkSettled(): Promise<void> {
    for (const { ask } of servers) {
      const info = await ask('CLUSTER', 'INFO')
      if (!info.includes('cluster_state:ok')) throw new Error('The Cluster is not complete.')
      const nodes = await ask('CLUSTER', 'NODES')
      if (/fail|handshake|noaddr|disconnected/.test(nodes)) throw new Error('A server considers another server down.')
      if (nodes.match(/master/g)?.length !== 3) throw new Error('The Cluster does not have three masters.')
    }
    const current = await masters()
    if (current.length !== 3) throw new Error('The Cluster does not have three masters.')
    for (const { ask } of current) {
      if (!(await ask('INFO', 'replication')).includes('state=online')) throw new Error('A master has no replica.')
    }
  }

  try {
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)]
    // A master without slots must stay a master, so that it can get slots again.
    settings.push('--cluster-allow-replica-migration', 'no')
    // Clients do not learn of a replica before it has received data.
    settings.push('--repl-ping-replica-period', '1')
    const speed = ['--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0']
    for (let n = 0; n < 2 * slotRanges.length; n++) {
      servers.push(await startRedisProcess({ settings: [...settings, ...speed] }))
    }
    for (const [n, [from, to]] of slotRanges.entries()) {
      await servers[n]?.ask('CLUSTER', 'ADDSLOTSRANGE', from, to)
      await servers[n]?.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1))
    }
    const [first, ...others] = servers
    for (const { port } of others) await first?.ask('CLUSTER', 'MEET', '127.0.0.1', String(port))
    for (const [n] of slotRanges.entries()) {
      const [master, replica] = [servers[n], servers[n + slotRanges.length]]
      if (master === undefined || replica === undefined) throw new Error('A server is missing.')
      const id = await idOf(master)
      await waitUntil(() => replica.ask('CLUSTER', 'REPLICATE', id), settleWithinMs)
    }
    const settled = (): Promise<void> => waitUntil(checkSettled, settleWithinMs)
    await settled()
    return { servers, masters, settled, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
