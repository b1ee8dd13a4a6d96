import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redisUrl } from './helpers/namespace.js'

function openClient(): Redis {
  const client = new Redis(redisUrl, { lazyConnect: true })
  onTestFinished(() => client.disconnect())
  return client
}

function rejecting(): unknown {
  return Promise.reject(new Error('the log is full'))
}

test('what onWarning throws, redisSessions throws: an application may refuse to start', () => {
  const refusal = new Error('settings')
  const onWarning = (): never => {
    throw refusal
  }
  expect(() => redisSessions({ client: openClient(), onWarning })).toThrow(refusal)
})

test('an onWarning whose promise rejects is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  redisSessions({ client: openClient(), onWarning: rejecting })
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
})
