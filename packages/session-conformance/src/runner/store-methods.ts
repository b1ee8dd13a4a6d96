/** Every method that a store can have: those of the contract, and of the optional interfaces. */
export type StoreMethod =
  | 'create'
  | 'read'
  | 'update'
  | 'touch'
  | 'delete'
  | 'isHealthy'
  | 'listUserSessions'
  | 'endUserSession'
  | 'endUserSessions'
  | 'sweep'
  | 'updateIfUnchanged'
  | 'close'

export const storeMethods: readonly StoreMethod[] = [
  'create',
  'read',
  'update',
  'touch',
  'delete',
  'isHealthy',
  'listUserSessions',
  'endUserSession',
  'endUserSessions',
  'sweep',
  'updateIfUnchanged',
  'close',
]
