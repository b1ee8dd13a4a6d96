import { thisMachine, type Surroundings } from '../src/environment.js'

/** This machine without given URLs and container engine: servers are processes of it, from whatever binaries. */
export const ownProcesses: Surroundings = {
  ...thisMachine,
  env: { ...process.env, BEXT_REDIS_URL: '', BEXT_POSTGRES_URL: '', BEXT_TEST_SERVICES: '' },
  findContainerEngine: () => Promise.reject(new Error('no engine answers')),
}

/** A machine on which there is nothing. */
export const emptyMachine: Surroundings = { ...ownProcesses, env: { PATH: '' }, redisPlaces: [], postgresPlaces: [] }
