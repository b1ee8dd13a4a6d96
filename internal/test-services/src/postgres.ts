import { join } from 'node:path'
import { chooseUser } from './choose-user.js'
import { fetchPostgres } from './fetch-postgres.js'
import { findFolderOf } from './executables.js'
import { askPostgres } from './postgres-connection.js'
import type { Service } from './service.js'
import { startServer, startSupervised } from './start-server.js'

/** Arguments of every server that is started here. Its data is temporary, so it need not survive a crash of the machine. */
export const baseSettings: readonly string[] = ['fsync=off', 'full_page_writes=off', 'max_connections=200'].flatMap(
  (setting) => ['-c', setting],
)

function urlOf(port: number, database: string): string {
  return `postgres://bext@127.0.0.1:${port}/${database}`
}

export const postgres: Service = {
  name: 'PostgreSQL',
  urlVariable: 'BEXT_POSTGRES_URL',
  schemes: ['postgres:', 'postgresql:'],
  exampleUrl: 'postgres://user:password@127.0.0.1:5432/database',
  defaultPort: 5432,
  installHint: '`apt-get install postgresql` or `brew install postgresql@17`',

  async ask(url) {
    await askPostgres(url.href, 'select 1')
  },

  async startContainer() {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const container = await new PostgreSqlContainer('postgres:17-alpine')
      .withDatabase('bext')
      .withUsername('bext')
      .withPassword('bext')
      .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
      .withCommand(['postgres', ...baseSettings])
      .start()
    return {
      url: container.getConnectionUri(),
      async stop() {
        await container.stop()
      },
    }
  },

  findBinaries(environment) {
    return { folder: findFolderOf(['initdb', 'postgres'], environment.postgresPlaces, environment), env: {} }
  },

  fetchBinaries: (environment) => fetchPostgres(environment),

  startBinaries(installed, environment) {
    return startSupervised('postgres', async (supervisor) => {
      const { asUser, binaries } = await chooseUser(supervisor, installed, environment)
      const data = join(supervisor.folder, 'data')
      await supervisor.run(
        asUser({
          command: join(binaries.folder, 'initdb'),
          args: ['-D', data, '-U', 'bext', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
          env: binaries.env,
        }),
      )
      const network = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
      const port = await startServer(
        supervisor,
        {
          commandFor: (freePort) =>
            asUser({
              command: join(binaries.folder, 'postgres'),
              args: ['-D', data, '-p', String(freePort), ...network, ...baseSettings],
              env: binaries.env,
              stopSignal: 'SIGINT',
            }),
          async answers(freePort) {
            const [row] = await askPostgres(urlOf(freePort, 'postgres'), 'show data_directory')
            return row?.['data_directory'] === data
          },
        },
        environment,
      )
      await askPostgres(urlOf(port, 'postgres'), 'create database bext')
      return urlOf(port, 'bext')
    })
  },
}
