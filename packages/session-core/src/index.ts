export type {
  CloseCapability,
  CompareCapability,
  CompareResult,
  EndUserSessionsOptions,
  SessionSummary,
  SweepCapability,
  SweepOptions,
  SweepResult,
  UserIndexCapability,
} from './lib/capabilities.js'
export { supportsClose, supportsCompare, supportsSweep, supportsUserIndex } from './lib/capabilities.js'
export type { SessionErrorCode, SessionErrorOptions, SessionErrorReason } from './lib/error.js'
export { isSessionError, SessionError } from './lib/error.js'
export type { OperationEvent } from './lib/observe-operations.js'
export type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from './lib/plugin.js'
export { asSessionId } from './lib/plugin.js'
export type { SessionRevocations } from './lib/revocations.js'
