import { join } from 'node:path'
import { startPostgresProcess, type PostgresProcess } from './postgres-process.js'
import { waitUntil } from './wait-until.js'

const settleWithinMs = 30_000

/** A primary and a standby that replicates it. */
export interface PostgresPair {
  readonly primary: PostgresProcess
  readonly standby: PostgresProcess
  /** Resolves once the standby has all that the primary has written so far. */
  caughtUp(): Promise<void>
  /** Promotes the standby. Resolves once it accepts writes. */
  promote(): Promise<void>
  stop(): Promise<void>
}

/** Starts a primary and a standby that replicates it, asynchronously unless `settings` say otherwise. */
export async function startPostgresPair(settings: Readonly<Record<string, string>> = {}): Promise<PostgresPair> {
  const primary = await startPostgresProcess({ settings })
  try {
    // The binaries from npm lack pg_basebackup, but a copy of a stopped server is a base backup, too.
    await primary.end('fast')
    const standby = await startPostgresProcess(
      {
        settings: {
          primary_conninfo: `host=127.0.0.1 port=${primary.port} user=bext`,
          wal_retrieve_retry_interval: '50ms',
        },
      },
      async (data, run) => {
        await run({ command: 'cp', args: ['-R', join(primary.folder, 'data'), data] })
        await run({ command: 'touch', args: [join(data, 'standby.signal')] })
      },
    )
    await primary.restart()
    return {
      primary,
      standby,
      async caughtUp() {
        const [row] = await primary.ask('select pg_current_wal_lsn()::text as lsn')
        await waitUntil(async () => {
          const [there] = await standby.ask(`select pg_last_wal_replay_lsn() >= '${String(row?.['lsn'])}' as done`)
          if (there?.['done'] !== true) throw new Error('The standby lags behind.')
        }, settleWithinMs)
      },
      async promote() {
        await standby.ask(`select pg_promote(true, ${settleWithinMs / 1000})`)
      },
      async stop() {
        // A primary waits for a standby that it sends to.
        await standby.stop()
        await primary.stop()
      },
    }
  } catch (error) {
    await primary.stop()
    throw error
  }
}
