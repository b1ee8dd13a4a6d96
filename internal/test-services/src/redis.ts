import { join } from 'node:path'
import { findFolderOf } from './executables.js'
import { fetchFromDebian } from './fetch-from-debian.js'
import { askRedis } from './redis-connection.js'
import type { Service } from './service.js'
import { startServer, startSupervised } from './start-server.js'

export const baseSettings: readonly string[] = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']

const debian = { name: 'redis', packages: ['redis-server', 'redis-tools'], folder: 'usr/bin' }

function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`
}

/** Returns Redis with settings, as arguments of `redis-server`, in addition to the usual ones. */
export function redisWith(ownSettings: readonly string[]): Service {
  const settings = [...baseSettings, ...ownSettings]
  return {
    name: 'Redis',
    urlVariable: 'BEXT_REDIS_URL',
    schemes: ['redis:', 'rediss:'],
    exampleUrl: 'redis://127.0.0.1:6379',
    defaultPort: 6379,
    installHint: '`apt-get install redis-server` or `brew install redis`',

    ask: (url) => askRedis(url, ['PING'], '+PONG'),

    async startContainer() {
      const { RedisContainer } = await import('@testcontainers/redis')
      const container = await new RedisContainer('redis:7-alpine').withCommand(['redis-server', ...settings]).start()
      return {
        url: container.getConnectionUrl(),
        async stop() {
          await container.stop()
        },
      }
    },

    findBinaries(environment) {
      return { folder: findFolderOf(['redis-server'], environment.redisPlaces, environment), env: {} }
    },

    fetchBinaries: (environment) => fetchFromDebian(debian, environment),

    startBinaries(binaries, environment) {
      return startSupervised('redis', async (supervisor) => {
        const port = await startServer(
          supervisor,
          {
            commandFor: (freePort) => ({
              command: join(binaries.folder, 'redis-server'),
              args: ['--bind', '127.0.0.1', '--port', String(freePort), '--dir', supervisor.folder, ...settings],
              env: binaries.env,
            }),
            async answers(freePort) {
              await askRedis(new URL(urlOf(freePort)), ['CONFIG', 'GET', 'dir'], supervisor.folder)
              return true
            },
          },
          environment,
        )
        return urlOf(port)
      })
    },
  }
}

export const redis: Service = redisWith([])
