import { join } from 'node:path'
import { chooseUser } from './choose-user.js'
import { fetchPostgres } from './fetch-postgres.js'
import { askPostgres } from './postgres-connection.js'
import { baseSettings, postgres } from './postgres.js'
import { startServer, untilAnswer, type ServerSpec } from './start-server.js'
import { supervise, type Command, type Supervisor } from './supervisor.js'
import { thisMachine, type Binaries } from './environment.js'

/** A `postgres` process that can be ended in several ways, and restarted on the same port with the same data. */
export interface PostgresProcess {
  readonly port: number
  readonly url: string
  /** Folder with its Unix socket, its data in `data`, and the files of the option `files`. */
  readonly folder: string
  /** Runs one statement as the superuser. Resolves to its rows. */
  readonly ask: (statement: string) => Promise<Record<string, unknown>[]>
  /** Ends the server. `fast` rolls back and disconnects; `immediate` aborts at once; `kill` is SIGKILL. */
  end(how: 'fast' | 'immediate' | 'kill'): Promise<void>
  /** Starts it after `end`. Resolves once it answers. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

interface ProcessOptions {
  /** Version of the npm package with the binaries. Default: the installed binaries, otherwise the newest version. */
  readonly version?: string
  /** Settings by name, in addition to the usual ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Files that are written to its folder before it starts. Only the server can read them. */
  readonly files?: Readonly<Record<string, string>>
}

/** Fills the data folder. */
export type Fill = (data: string, run: (command: Command) => Promise<void>, binaries: Binaries) => Promise<void>

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const

async function findBinaries(version: string | undefined): Promise<Binaries> {
  if (version !== undefined) return fetchPostgres(thisMachine, version)
  try {
    return postgres.findBinaries(thisMachine)
  } catch {
    return postgres.fetchBinaries(thisMachine)
  }
}

function urlAt(port: number): string {
  return `postgres://bext@127.0.0.1:${port}/postgres`
}

const initialize: Fill = (data, run, { folder, env }) =>
  run({
    command: join(folder, 'initdb'),
    args: ['-D', data, '-U', 'bext', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    env,
  })

/** Starts a separate PostgreSQL, over a new database cluster unless `fill` makes another. Rejects without binaries. */
export async function startPostgresProcess(
  { version, settings = {}, env: extraEnv = {}, files = {} }: ProcessOptions = {},
  fill: Fill = initialize,
): Promise<PostgresProcess> {
  const installed = await findBinaries(version)
  const supervisor = await supervise('postgres')
  const { folder } = supervisor
  const data = join(folder, 'data')
  let ended: Promise<string> = Promise.resolve('was not started')
  try {
    const { asUser, binaries } = await chooseUser(supervisor, installed, thisMachine)
    const env = { ...binaries.env, ...extraEnv }
    const run = (command: Command): Promise<void> => supervisor.run(asUser(command))
    await fill(data, run, binaries)
    for (const [name, text] of Object.entries(files)) {
      const script = 'umask 077; printf %s "$1" > "$0"'
      await run({ command: 'sh', args: ['-c', script, join(folder, name), text] })
    }
    const own = { listen_addresses: '127.0.0.1', unix_socket_directories: folder, ...settings }
    const args = Object.entries(own).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const launching: Supervisor = {
      ...supervisor,
      launch: (command) => (ended = supervisor.launch(command)),
    }
    const spec: ServerSpec = {
      commandFor: (port) =>
        asUser({
          command: join(binaries.folder, 'postgres'),
          args: ['-D', data, '-p', String(port), ...baseSettings, ...args],
          env,
          stopSignal: 'SIGINT',
        }),
      async answers(port) {
        const [row] = await askPostgres(urlAt(port), 'show data_directory')
        return row?.['data_directory'] === data
      },
    }
    const port = await startServer(launching, spec, thisMachine)
    supervisor.release()
    return {
      port,
      url: urlAt(port),
      folder,
      ask: (statement) => askPostgres(urlAt(port), statement),
      async end(how) {
        // The supervisor does not keep this process alive.
        const alive = setInterval(() => {}, 1000)
        supervisor.send(signals[how])
        await ended
        clearInterval(alive)
      },
      async restart() {
        for (;;) {
          ended = supervisor.launch(spec.commandFor(port))
          const failure = await untilAnswer(ended, port, spec)
          if (failure === undefined) return
          const explanation = await supervisor.explain(failure)
          // The backends of a killed server need a moment to notice and end.
          if (!explanation.includes('pre-existing shared memory block')) throw new Error(`the server ${explanation}`)
        }
      },
      stop: () => supervisor.stop(),
    }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}
