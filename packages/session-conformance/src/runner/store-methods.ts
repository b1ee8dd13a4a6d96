import { sessionPluginMethods } from '@bext/session-core'

const optionalMethods = [
  'listUserSessions',
  'endUserSession',
  'endUserSessions',
  'listUserRecords',
  'updateUserRecord',
  'sweep',
  'updateIfUnchanged',
  'createWithId',
  'close',
] as const

export type StoreMethod = (typeof sessionPluginMethods)[number] | (typeof optionalMethods)[number]

/** Methods of a store: those of the contract and of its optional interfaces. */
export const storeMethods: readonly StoreMethod[] = [...sessionPluginMethods, ...optionalMethods]
