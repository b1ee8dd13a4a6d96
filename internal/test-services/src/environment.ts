import { findFreePort } from './free-port.js'

/** A folder with a server's executables, and what the environment of their processes needs. */
export interface Binaries {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** All that the routes find out about the machine comes from here. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folders in which to look after those in PATH. A `*` stands for any version, the newest first. */
  readonly redisPlaces: readonly string[]
  readonly postgresPlaces: readonly string[]
  findFreePort(): Promise<number>
  /** Rejects if no container engine answers. */
  findContainerEngine(): Promise<unknown>
}

export const thisMachine: Surroundings = {
  env: process.env,
  redisPlaces: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'],
  postgresPlaces: [
    '/usr/lib/postgresql/*/bin',
    '/usr/pgsql-*/bin',
    '/usr/local/pgsql/bin',
    '/opt/homebrew/opt/postgresql@*/bin',
    '/usr/local/opt/postgresql@*/bin',
    '/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin',
    '/Applications/Postgres.app/Contents/Versions/*/bin',
  ],
  findFreePort,
  // Loading it takes half a second, which a given URL need not cost.
  findContainerEngine: async () => (await import('testcontainers')).getContainerRuntimeClient(),
}
