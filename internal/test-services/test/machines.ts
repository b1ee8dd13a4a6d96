import { thisMachine, type Environment } from '../src/environment.js'

/** This machine without given URLs and container engine: servers are local processes, from any binaries. */
export const ownProcesses: Environment = {
  ...thisMachine,
  env: { ...process.env, BEXT_REDIS_URL: '', BEXT_POSTGRES_URL: '', BEXT_TEST_SERVICES: '' },
  findContainerEngine: () => Promise.reject(new Error('no engine answers')),
}

/** A machine without servers, binaries and container engine. */
export const emptyMachine: Environment = { ...ownProcesses, env: { PATH: '' }, redisPlaces: [], postgresPlaces: [] }
