export type { MemorySessions, MemorySessionsOptions } from './lib/memory-store.js'
export { memorySessions } from './lib/memory-store.js'
