import { startRedisCluster } from '@bext-internal/test-services'
import { diagnoseRedis, redisSessions } from '@bext/session-redis'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDoctor } from './helpers/run-doctor.js'
import { startServer, type Server } from './helpers/servers.js'

const safe = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  socketTimeout: 5000,
}

let server: Server

beforeAll(async () => {
  server = await startServer(['--appendonly', 'no', '--save', ''])
})

afterAll(() => server?.stop())

describe('session-redis doctor', () => {
  it('exits with 0 without a problem, and with 1 otherwise', async () => {
    const right = await runDoctor('doctor', server.url)
    expect(right).toMatchObject({ code: 0, stderr: '' })
    expect(right.stdout).toMatch(/Nothing is wrong\.\n$/)
    await server.raw.set(`session:${'A'.repeat(43)}`, 'hello')
    const wrong = await runDoctor('doctor', server.url)
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toContain('2 things are wrong.')
    const json = await runDoctor('doctor', server.url, '--json', '--prefix', 'other:')
    expect(json.code).toBe(0)
    expect(JSON.parse(json.stdout)).toContainEqual({
      level: 'ok',
      subject: 'version',
      found: expect.any(String) as string,
    })
  })

  it.concurrent.each([
    [['doctor', 'redis://u:hunter2@127.0.0.1:1'], 'Redis cannot be reached: connect ECONNREFUSED'],
    [['doctor', 'redis://127.0.0.1:1', '--cluster'], 'Redis cannot be reached:'],
    [['redis://u:hunter2@127.0.0.1:1'], 'The first argument must be doctor'],
    [['doctor', '--redis://u:hunter2@127.0.0.1:1'], 'An option is unknown'],
    [['doctor'], 'doctor expects one redis:// or rediss:// URL'],
    [['doctor', 'http://u:hunter2@127.0.0.1:1'], 'doctor expects one redis:// or rediss:// URL'],
    [['doctor', 'redis://u:hunter2%zz@127.0.0.1:1'], 'Percent-encode the user'],
    [['doctor', 'redis://127.0.0.1:1', '--prefix', ''], 'option prefix must have 1 to 128 bytes'],
    [['doctor', 'redis://127.0.0.1:1', '--max-keys', 'many'], '--max-keys expects a whole number of at least 1.'],
    [['doctor', 'redis://127.0.0.1:1', '--wat'], "Unknown option '--wat'"],
  ])('exits with 2 for %j', async (args, message) => {
    const { code, stdout, stderr } = await runDoctor(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('hunter2')
  })

  it('prints its version', async () => {
    expect(await runDoctor('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    })
  })

  it('prints its options', async () => {
    expect(await runDoctor('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: session-redis doctor') as string,
    })
  })
})

describe('the doctor of a Cluster', () => {
  it('reports masters without replicas, a client for a single server, and slots that no node serves', async () => {
    const cluster = await startRedisCluster()
    const [first, ...others] = cluster.servers
    const { port = 0, url = '' } = first ?? {}
    const ofCluster = new Cluster([{ host: '127.0.0.1', port }], { ...safe, redisOptions: safe })
    try {
      await redisSessions({ client: ofCluster }).create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
      const well = await diagnoseRedis(ofCluster)
      expect(well.filter(({ level, subject }) => level === 'problem' || subject === 'replicas')).toEqual([])
      expect(well.find(({ subject }) => subject === 'keys')?.found).toBe('1 sessions and 1 index entries were checked')

      await others.at(-1)?.kill()
      await expect
        .poll(async () => (await diagnoseRedis(ofCluster)).filter(({ subject }) => subject === 'replicas'), {
          timeout: 20_000,
        })
        .toMatchObject([{ level: 'warning' }])

      const single = await runDoctor('doctor', url)
      expect(single.code).toBe(1)
      expect(single.stdout).toContain('--cluster')

      for (const { ask } of [first, ...others.slice(0, -1)].filter((one) => one !== undefined)) {
        await ask('CLUSTER', 'DELSLOTS', '100').catch(() => '')
      }
      await expect
        .poll(async () => (await runDoctor('doctor', url, '--cluster')).stdout, { timeout: 20_000 })
        .toContain('cluster_state is fail, 16383 of 16384')
    } finally {
      ofCluster.disconnect()
      await cluster.stop()
    }
  })
})
