export type { ExpressStoreOptions, UserIdOf } from './options.js'
export type { ExpressStore } from './store.js'
export { expressStore } from './store.js'
export { mintSessionId } from '@bext/session-core'
