import { Cluster, Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { redisSessions, type RedisClient } from '@bext/session-redis'

function warningsOf(client: RedisClient & { disconnect(): void }): string[] {
  const codes: string[] = []
  redisSessions({ client, onWarning: ({ code, message }) => codes.push(message.length > 80 ? code : message) })
  client.disconnect()
  return codes
}

const lazyConnect = true
const careful = {
  lazyConnect,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  socketTimeout: 5000,
}
const nodes = [{ host: '127.0.0.1', port: 1 }]
const ofSentinel = { sentinels: nodes, name: 'm' }

it.each([
  ['a careful client', new Redis(careful), []],
  ['a client by default', new Redis({ lazyConnect }), ['offline-queue', 'resends', 'no-socket-timeout']],
  ['endless retries', new Redis({ ...careful, maxRetriesPerRequest: null }), ['endless-retries']],
  ['a replica by Sentinel', new Redis({ ...careful, ...ofSentinel, role: 'slave' }), ['replica-role']],
  ['a careful Cluster', new Cluster(nodes, { lazyConnect, redisOptions: careful }), []],
  ['a Cluster by default', new Cluster(nodes, { lazyConnect }), ['no-socket-timeout']],
  [
    'a Cluster that rejects while it connects',
    new Cluster(nodes, { ...careful, redisOptions: careful }),
    ['no-offline-queue'],
  ],
  [
    'a Cluster that reads from replicas',
    new Cluster(nodes, { lazyConnect, redisOptions: careful, scaleReads: 'slave' }),
    ['replica-reads'],
  ],
])('the settings of %s', (_, client, codes) => {
  expect(warningsOf(client)).toEqual(codes)
})
