import type { TestProject } from 'vitest/node'
import type { ServiceUrls } from './provided-context.js'
import { messageOf, type RunningService } from './service.js'
import { startPostgres, startRedis } from './start.js'

async function stopAll(services: readonly RunningService[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop()))
}

/** Global setup of Vitest: starts both servers, provides their URLs to the tests, and stops them after the last test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const results = await Promise.allSettled([startRedis(), startPostgres()])
  const services = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [redis, postgres] = services
  if (redis === undefined || postgres === undefined) {
    await stopAll(services)
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []))
    throw new Error(failures.join('\n\n'))
  }
  const urls: ServiceUrls = { redisUrl: redis.url, postgresUrl: postgres.url }
  project.provide('redisUrl', urls.redisUrl)
  project.provide('postgresUrl', urls.postgresUrl)
  return () => stopAll(services)
}
