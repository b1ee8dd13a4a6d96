import { channel } from 'node:diagnostics_channel'
import { observeOperations, type Observed } from '@bext/session-core/store-helpers'

/** The name of the channel of `node:diagnostics_channel` on which each operation of a store is told once it has ended. */
export const pgOperationChannel = 'bext:session-pg:operation'

/** The operation, which is told of on the channel if somebody listens. */
export const observed: Observed = observeOperations(channel(pgOperationChannel))
