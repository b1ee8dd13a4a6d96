export { notFound } from './contract/errors.js'
export { toBackendError } from './store-helpers/backend-error.js'
export type { CreateLimits } from './store-helpers/argument-checks.js'
export {
  checkCallOptions,
  checkCreateOptions,
  checkDataJson,
  checkEndOptions,
  checkExpectedDataJson,
  checkMaxRecords,
  checkSweepOptions,
  checkTtlMs,
  checkUserId,
  defaultMaxDataBytes,
  defaultMaxSweepRecords,
  maxTtlMs,
  maxUserIdBytes,
} from './store-helpers/argument-checks.js'
export { callHook } from './store-helpers/call-hook.js'
export {
  checkPositiveInteger,
  checkTimeoutMs,
  checkTimerMs,
  describeType,
  maxTimerMs,
  rejectBareOption,
  rejectUnknownOptions,
} from './store-helpers/option-checks.js'
export type { Deadline } from './store-helpers/deadline.js'
export { defaultTimeoutMs, withinDeadline } from './store-helpers/deadline.js'
export type { GuardedCalls, GuardedCallsOptions } from './store-helpers/guarded-calls.js'
export { createGuardedCalls } from './store-helpers/guarded-calls.js'
export {
  base64urlOf32Bytes,
  checkSessionId,
  hashSessionId,
  isHash,
  isServerBackedId,
  mintSessionId,
} from './store-helpers/ids.js'
export type { FencedReply, WriteFence } from './store-helpers/write-fence.js'
export { createWriteFence } from './store-helpers/write-fence.js'
export type { OperationChannel } from './store-helpers/operation-events.js'
export { observeOperations } from './store-helpers/operation-events.js'
export type { CheckedSecret } from './store-helpers/secrets.js'
export { checkSecrets, describeWithoutValue } from './store-helpers/secrets.js'
