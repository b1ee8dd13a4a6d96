import { Cluster, Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { redisSessions, type RedisClient } from '@bext/session-redis'
import { redisUrl } from './helpers/namespace.js'

function warningsOf(client: RedisClient & { disconnect(): void }): string[] {
  const codes: string[] = []
  redisSessions({ client, onWarning: ({ code, message }) => codes.push(message.length > 80 ? code : message) })
  client.disconnect()
  return codes
}

const lazyConnect = true
const safe = {
  lazyConnect,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  socketTimeout: 5000,
}
const nodes = [{ host: '127.0.0.1', port: 1 }]
const sentinelOptions = { sentinels: nodes, name: 'm' }

it.each([
  ['a safe client', new Redis(safe), []],
  ['a default client', new Redis({ lazyConnect }), ['offline-queue', 'resends', 'no-socket-timeout']],
  ['endless retries', new Redis({ ...safe, maxRetriesPerRequest: null }), ['endless-retries']],
  ['a replica found by Sentinel', new Redis({ ...safe, ...sentinelOptions, role: 'slave' }), ['replica-role']],
  ['a safe Cluster', new Cluster(nodes, { lazyConnect, redisOptions: safe }), []],
  ['a default Cluster', new Cluster(nodes, { lazyConnect }), ['no-socket-timeout']],
  ['a Cluster without an offline queue', new Cluster(nodes, { ...safe, redisOptions: safe }), ['no-offline-queue']],
  [
    'a Cluster that reads from replicas',
    new Cluster(nodes, { lazyConnect, redisOptions: safe, scaleReads: 'slave' }),
    ['replica-reads'],
  ],
])('onWarning is called for the settings of %s', (_, client, codes) => {
  expect(warningsOf(client)).toEqual(codes)
})

function openClient(): Redis {
  const client = new Redis(redisUrl, { lazyConnect: true })
  onTestFinished(() => client.disconnect())
  return client
}

function rejecting(): unknown {
  return Promise.reject(new Error('the log is full'))
}

it('what onWarning throws, redisSessions throws: an application may refuse to start', () => {
  const refusal = new Error('settings')
  const onWarning = (): never => {
    throw refusal
  }
  expect(() => redisSessions({ client: openClient(), onWarning })).toThrow(refusal)
})

it('a rejected promise of onWarning does not become an unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const record = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', record)
  onTestFinished(() => void process.off('unhandledRejection', record))
  redisSessions({ client: openClient(), onWarning: rejecting })
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
})
