export type { CacheControl } from './manager/cache-control.js'
export type { LegacyCookieOptions, SessionCookieOptions } from './manager/cookie-options.js'
export type { LifetimeOptions, RememberOptions } from './manager/lifetimes.js'
export type { OpenOptions, SessionManager } from './manager/session-manager.js'
export { createSessionManager } from './manager/session-manager.js'
export type { CookieByName, CookiesByName } from './manager/cookies-by-name.js'
export type {
  BoundCookie,
  ConnectedDevice,
  DeviceBinding,
  DeviceCheck,
  DeviceEvidence,
  DeviceHost,
  DeviceMove,
  DeviceRequest,
  DeviceSession,
  MovedDevice,
  SessionDevice,
} from './manager/device.js'
export { deviceRecordMark } from './manager/device.js'
export type { NodeRequest, NodeResponse } from './manager/node-adapter.js'
export type { ResponseHeaders } from './manager/response-headers.js'
export { clearBodyHeaders } from './manager/response-headers.js'
export { copyResponse } from './manager/copy-response.js'
export type { SetCookieAttributes } from './manager/set-cookie.js'
export type { DataSchema, DataSchemaResult, MaxSessionsPerUser, SessionManagerOptions } from './manager/options.js'
export type { SessionCommitErrorReason, SessionRejection } from './manager/commit-error.js'
export type { SessionErrorStatus } from './manager/http-status.js'
export { sessionErrorStatus } from './manager/http-status.js'
export { isSessionCommitError, SessionCommitError } from './manager/commit-error.js'
export type {
  CommittedToken,
  CookiesSession,
  ListedSession,
  ListSessionsOptions,
  NodeSession,
  OpenSession,
  RotateOptions,
  Session,
  SignInOptions,
  SignOutEverywhereOptions,
  TokenSession,
  UserSession,
} from './manager/session.js'
export type { ChangedSession, CookieRequest } from './manager/change-session.js'
export type { SessionSnapshot } from './manager/read-session.js'
export type { ChangeData, UpdatedUserSessions } from './manager/update-user-sessions.js'
export type { SessionWatch } from './manager/watch-sessions.js'
