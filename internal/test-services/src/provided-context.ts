import type { ProvidedContext } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis server that runs for the tests: `inject('redisUrl')`. */
    redisUrl: string
    /** The PostgreSQL server that runs for the tests: `inject('postgresUrl')`. */
    postgresUrl: string
  }
}

/** What the global setup provides to the tests. */
export type ServiceUrls = Pick<ProvidedContext, 'redisUrl' | 'postgresUrl'>
