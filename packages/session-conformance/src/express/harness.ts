import type { OpenOptions, StoreHarness } from '../runner/harness.js'
import { expressProtocolLimits } from './protocol.js'
import type { ExpressStore } from './protocol.js'
import { fromExpressStore } from './store.js'

export interface OpenedExpressStore {
  readonly store: ExpressStore
  /** Closes what `open` opened, such as the store's client. Called once, after the last call. */
  readonly close?: (() => Promise<void>) | undefined
}

/** A `StoreHarness` without the properties that follow from the protocol. */
export interface ExpressHarnessOptions extends Omit<StoreHarness, 'family' | 'capabilities' | 'limits' | 'open'> {
  open(options: OpenOptions): OpenedExpressStore | Promise<OpenedExpressStore>
}

/** Returns the harness of an express-session store behind the bridge, with the limits of the protocol declared. */
export function expressHarness(options: ExpressHarnessOptions): StoreHarness {
  return {
    ...options,
    family: 'server',
    protocolLimits: expressProtocolLimits,
    declarations: { fidelity: 'value', ...options.declarations },
    async open(openOptions: OpenOptions) {
      const { store, close } = await options.open(openOptions)
      return { store: fromExpressStore(store, { name: options.name }), close }
    },
  }
}
