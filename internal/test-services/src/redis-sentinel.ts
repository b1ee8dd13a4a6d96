import { startRedisProcess, type RedisProcess } from './redis-process.js'
import { waitUntil } from './wait-until.js'

const name = 'chosen'
const settleWithinMs = 30_000
const sentinelCount = 3
const quorum = 2

/** A master and its replica, watched by three Sentinels. Two Sentinels suffice to promote the replica. */
export interface RedisSentinel {
  /** Name of the master in the Sentinels. */
  readonly name: string
  readonly servers: readonly RedisProcess[]
  readonly sentinels: readonly RedisProcess[]
  /** Resolves to the master once all Sentinels agree on it. They learn of a new master one after the other. */
  readonly master: () => Promise<RedisProcess>
  /** Resolves to the master once the replica is up to date and all Sentinels report the same state. */
  readonly settled: () => Promise<RedisProcess>
  readonly stop: () => Promise<void>
}

/** Starts a master, a replica and three Sentinels. The Sentinels consider a silent server down after `downAfterMs`. */
export async function startRedisSentinel(downAfterMs: number = 500): Promise<RedisSentinel> {
  const started: RedisProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((process) => process.stop()))
  }
  const start = async (...options: Parameters<typeof startRedisProcess>): Promise<RedisProcess> => {
    const process = await startRedisProcess(...options)
    started.push(process)
    return process
  }

  try {
    const settings = ['--repl-diskless-sync-delay', '0']
    const servers = [await start({ settings }), await start({ settings })] as const
    const [first, replica] = servers
    await replica.ask('REPLICAOF', '127.0.0.1', String(first.port))
    const sentinels = await Promise.all(Array.from({ length: sentinelCount }, () => start({ sentinel: true })))
    for (const { ask } of sentinels) {
      await ask('SENTINEL', 'MONITOR', name, '127.0.0.1', String(first.port), String(quorum))
      await ask('SENTINEL', 'SET', name, 'down-after-milliseconds', String(downAfterMs))
      await ask('SENTINEL', 'SET', name, 'failover-timeout', '1000')
    }

    async function agreedMaster(): Promise<RedisProcess> {
      const replies = await Promise.all(sentinels.map(({ ask }) => ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)))
      const found = servers.find(({ port }) => replies.every((reply) => reply.includes(`\r\n${port}\r\n`)))
      if (found === undefined) throw new Error('The Sentinels do not agree on the master.')
      return found
    }

    const master = (): Promise<RedisProcess> => waitUntil(agreedMaster, settleWithinMs)

    const settled = (): Promise<RedisProcess> =>
      waitUntil(async () => {
        const current = await agreedMaster()
        const replication = await current.ask('INFO', 'replication')
        const views = await Promise.all(sentinels.map(({ ask }) => ask('INFO', 'sentinel')))
        const view = `status=ok,address=127.0.0.1:${current.port},slaves=1,sentinels=3`
        if (!replication.includes('state=online') || !views.every((text) => text.includes(view))) {
          throw new Error(`The Sentinels and the master have not settled:\n${views.join('\n')}`)
        }
        return current
      }, settleWithinMs)

    await settled()
    return { name, servers, sentinels, master, settled, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
