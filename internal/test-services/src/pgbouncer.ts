import { join } from 'node:path'
import { chooseUser } from './choose-user.js'
import { findFolderOf } from './executables.js'
import { fetchFromDebian } from './fetch-from-debian.js'
import { askPostgres } from './postgres-connection.js'
import { startServer } from './start-server.js'
import { supervise } from './supervisor.js'
import { thisMachine, type Binaries } from './environment.js'

/** PgBouncer in transaction mode: each transaction runs on any of its connections. */
export interface PgBouncer {
  /** The server's URL, through PgBouncer. */
  readonly url: string
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const places = ['/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin']

async function findBinaries(): Promise<Binaries> {
  try {
    return { folder: findFolderOf(['pgbouncer'], places, thisMachine), env: {} }
  } catch {
    return fetchFromDebian({ name: 'pgbouncer', packages: ['pgbouncer'], folder: 'usr/sbin' }, thisMachine)
  }
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

function configOf(target: URL, connections: number): string {
  const { hostname, port, username, password } = target
  const server = {
    host: hostname,
    port: port || '5432',
    user: decodeURIComponent(username),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  }
  const fields = Object.entries(server).map(([name, value]) => `${name}=${quoted(value)}`)
  return `[databases]
* = ${fields.join(' ')}
[pgbouncer]
listen_addr = 127.0.0.1
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
server_login_retry = 1
`
}

/** Starts PgBouncer in front of the server, with a number of connections to it. Rejects without binaries. */
export async function startPgBouncer(serverUrl: string, connections: number): Promise<PgBouncer> {
  const installed = await findBinaries()
  const supervisor = await supervise('pgbouncer')
  try {
    const { asUser, binaries } = await chooseUser(supervisor, installed, thisMachine, ['pgbouncer'])
    const config = join(supervisor.folder, 'pgbouncer.ini')
    const urlAt = (port: number): string => {
      const url = new URL(serverUrl)
      url.host = `127.0.0.1:${port}`
      return url.href
    }
    const { env } = binaries
    const port = await startServer(
      supervisor,
      {
        commandFor(freePort) {
          const text = `${configOf(new URL(serverUrl), connections)}listen_port = ${freePort}\n`
          const script = 'umask 077; printf %s "$1" > "$2"; exec "$0" -q "$2"'
          const program = join(binaries.folder, 'pgbouncer')
          return asUser({ command: 'sh', args: ['-c', script, program, text, config], env })
        },
        async answers(freePort) {
          await askPostgres(urlAt(freePort), 'select 1')
          return true
        },
      },
      thisMachine,
    )
    supervisor.release()
    return { url: urlAt(port), stop: () => supervisor.stop() }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}
