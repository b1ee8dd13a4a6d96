import { startRedisWith } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { vi } from 'vitest'

/** A Redis server of the test's own. */
export interface Server {
  readonly port: number
  readonly url: string
  /** A client of it. */
  readonly raw: Redis
  stop(): Promise<void>
}

export async function startServer(settings: readonly string[] = []): Promise<Server> {
  const service = await startRedisWith(settings)
  const { url } = service
  const raw = new Redis(url)
  raw.on('error', () => {})
  return {
    port: Number(new URL(url).port),
    url,
    raw,
    async stop() {
      raw.disconnect()
      await service.stop()
    },
  }
}

/** A Redis Cluster of three masters. */
export interface ClusterServers {
  readonly servers: readonly Server[]
  stop(): Promise<void>
}

const slotRanges = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const

export async function startCluster(): Promise<ClusterServers> {
  const servers: Server[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    for (const [first, last] of slotRanges) {
      const server = await startServer(['--cluster-enabled', 'yes', '--appendonly', 'no'])
      servers.push(server)
      await server.raw.call('CLUSTER', 'ADDSLOTSRANGE', first, last)
      await server.raw.call('CLUSTER', 'SET-CONFIG-EPOCH', servers.length)
    }
    const [first, ...others] = servers
    for (const { port } of others) await first?.raw.call('CLUSTER', 'MEET', '127.0.0.1', port)
    await vi.waitFor(async () => {
      for (const { raw } of servers) {
        const info = String(await raw.call('CLUSTER', 'INFO'))
        if (!info.includes('cluster_state:ok') || !info.includes('cluster_size:3')) throw new Error(info)
      }
    }, 20_000)
    return { servers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
