export type { Revocation, RevocationOptions } from './revoker.js'
export { createRevocation } from './revoker.js'
export { memoryRevocations } from './memory-revocations.js'
