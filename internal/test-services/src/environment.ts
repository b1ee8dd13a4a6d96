import { findFreePort } from './free-port.js'

/** A folder with a server's executables, and environment variables that they need. */
export interface Binaries {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** The only source of what the routes know about the machine, so that tests can replace it. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folders to search after those in PATH. A `*` stands for any version, the newest first. */
  readonly redisPlaces: readonly string[]
  readonly postgresPlaces: readonly string[]
  findFreePort(): Promise<number>
  /** Rejects if no container engine answers. */
  findContainerEngine(): Promise<unknown>
}

export const thisMachine: Environment = {
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
  // Loading testcontainers takes half a second, which a given URL must not cost.
  findContainerEngine: async () => (await import('testcontainers')).getContainerRuntimeClient(),
}
