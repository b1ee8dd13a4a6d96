export type { MemorySessions, MemorySessionsOptions } from './memory/store.js'
export { memorySessions } from './memory/store.js'
