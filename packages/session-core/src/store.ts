export { toBackendError } from './lib/backend-error.js'
export type { CreateLimits } from './lib/check-input.js'
export {
  checkCallOptions,
  checkCreateOptions,
  checkDataJson,
  checkEndOptions,
  checkMaxRecords,
  checkSweepOptions,
  checkTtlMs,
  checkUserId,
  defaultMaxDataBytes,
  defaultMaxSweepRecords,
  maxTtlMs,
  maxUserIdBytes,
} from './lib/check-input.js'
export { callHook } from './lib/call-hook.js'
export {
  checkPositiveInteger,
  checkTimeoutMs,
  checkTimerMs,
  describeType,
  maxTimerMs,
  rejectBareOption,
  rejectUnknownOptions,
} from './lib/check-option.js'
export type { Deadline } from './lib/deadline.js'
export { defaultTimeoutMs, withinDeadline } from './lib/deadline.js'
export { checkSessionId, hashSessionId, isHash, isServerBackedId, mintSessionId } from './lib/id.js'
export type { FencedReply, WriteFence } from './lib/write-fence.js'
export { createWriteFence } from './lib/write-fence.js'
export type { Observation, Observed, OperationChannel } from './lib/observe-operations.js'
export { observeOperations } from './lib/observe-operations.js'
