export type { CacheControl } from './lib/manager/cache-control.js'
export type { LegacyCookieOptions, SessionCookieOptions } from './lib/manager/cookie-options.js'
export type { LifetimeOptions, RememberOptions } from './lib/manager/lifetimes.js'
export type { SessionManager } from './lib/manager/manager.js'
export { createSessionManager } from './lib/manager/manager.js'
export type { NodeRequest, NodeResponse } from './lib/manager/node-form.js'
export type { MaxSessionsPerUser, SessionManagerOptions } from './lib/manager/options.js'
export type { SessionCommitErrorReason, SessionRejection } from './lib/manager/rejection.js'
export type { SessionErrorStatus } from './lib/manager/http-status.js'
export { sessionErrorStatus } from './lib/manager/http-status.js'
export { isSessionCommitError, SessionCommitError } from './lib/manager/rejection.js'
export type { DataSchema, DataSchemaResult } from './lib/manager/schema.js'
export type {
  NodeSession,
  OpenSession,
  RotateOptions,
  Session,
  SignInOptions,
  SignOutEverywhereOptions,
  UserSession,
} from './lib/manager/session.js'
