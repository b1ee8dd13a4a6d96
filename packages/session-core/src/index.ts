export type {
  CloseCapability,
  CompareCapability,
  CompareResult,
  CreateWithIdResult,
  EndUserSessionsOptions,
  GivenIdCapability,
  RevokeUserCapability,
  SessionSummary,
  SweepCapability,
  SweepOptions,
  SweepResult,
  UpdateUserRecordResult,
  UserIndexCapability,
  UserRecord,
  UserRecordsCapability,
} from './contract/capabilities.js'
export {
  supportsClose,
  supportsCompare,
  supportsGivenId,
  supportsRevokeUser,
  supportsSweep,
  supportsUserIndex,
  supportsUserRecords,
} from './contract/capabilities.js'
export type { SessionErrorCode, SessionErrorOptions, SessionErrorReason } from './contract/errors.js'
export { isSessionError, SessionError } from './contract/errors.js'
export type { BatchEvent, OperationEvent } from './store-helpers/operation-events.js'
export type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from './contract/plugin.js'
export { asSessionId, sessionPluginMethods } from './contract/plugin.js'
export { mintSessionId } from './store-helpers/ids.js'
export type { SessionRevocations } from './contract/session-revocations.js'
