import { startRedisWith } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { createMany, dataOf } from '../measure/load.js'
import type { Experiment, ExperimentRun } from './experiment.js'
import type { Subject } from '../measure/suite.js'
import { openRedisSubjects } from '../suites/redis.js'

const bytes = 200

async function usedBytes(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}

async function bytesPerSession(client: Redis, subject: Subject, sessions: number): Promise<number> {
  await client.flushall('SYNC')
  const before = await usedBytes(client)
  await createMany(subject, sessions, dataOf(bytes))
  return (await usedBytes(client)) - before
}

async function measure({ sessions }: ExperimentRun): Promise<void> {
  const service = await startRedisWith([])
  const client = new Redis(service.url)
  const subjects = await openRedisSubjects(service.url)
  try {
    console.log(`${sessions} anonymous sessions with ${bytes} bytes of data, used_memory of Redis:`)
    for (const subject of [subjects.store, ...subjects.others]) {
      const used = await bytesPerSession(client, subject, sessions)
      console.log(`${subject.name.padEnd(22)} ${(used / sessions).toFixed(1)} bytes per session`)
    }
  } finally {
    await subjects.close()
    client.disconnect()
    await service.stop()
  }
}

export const redisMemory: Experiment = {
  name: 'redis-memory',
  summary: 'the memory of --sessions N sessions in Redis, for the store, the raw driver and the peer',
  measure,
}
