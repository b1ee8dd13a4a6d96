export type { Revocation, RevocationOptions } from './revocation/revocation.js'
export { createRevocation } from './revocation/revocation.js'
export { memoryRevocations } from './revocation/memory.js'
