export type { StorageState, StorageStateCookie } from './testing/storage-state.js'
export { signedInStorageState } from './testing/storage-state.js'
export { signedInCookie } from './testing/signed-in-cookie.js'
