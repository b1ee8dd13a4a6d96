import { isServerReply } from '../errors.js'

/** Tells whether one command may hold several keys. Those of a Cluster are in different slots, which it refuses. */
export interface ManyKeys {
  readonly allowed: boolean
  /**
   * Returns whether the server refused a command because its keys are in different slots. Nothing was done then, and
   * from then on no command may hold several keys.
   */
  refusedBy(error: unknown): boolean
}

/** A client for a single server may be connected to a Cluster of one shard, or to a proxy before one. */
export function createManyKeys(allowedAtFirst: boolean): ManyKeys {
  let allowed = allowedAtFirst
  return {
    get allowed() {
      return allowed
    },
    refusedBy(error) {
      const { cause } = error as { readonly cause?: unknown }
      const refused = isServerReply(cause) && cause.message.startsWith('CROSSSLOT')
      if (refused) allowed = false
      return refused
    },
  }
}
