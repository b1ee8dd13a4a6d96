import type { ProvidedContext } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the Redis server for the tests: `inject('redisUrl')`. */
    redisUrl: string
    /** URL of the PostgreSQL server for the tests: `inject('postgresUrl')`. */
    postgresUrl: string
  }
}

/** URLs that the global setup provides to the tests. */
export type ServiceUrls = Pick<ProvidedContext, 'redisUrl' | 'postgresUrl'>
