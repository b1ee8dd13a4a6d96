import type { SessionPlugin } from '@bext/session-core'
import {
  supportsClose,
  supportsCompare,
  supportsGivenId,
  supportsSweep,
  supportsUserIndex,
  supportsUserRecords,
} from '@bext/session-core'
import type { OpenedStore, OpenOptions, StoreCapability, StoreFamily, StoreHarness } from '../runner/harness.js'
import { settleWithin } from '../runner/with-timeout.js'
import { openProbe, probeLimitMs } from './probe.js'
import { UsageError } from './arguments.js'

/** Makes a store, or a store with a `close` function. Called with the options of a harness's `open`. */
export type StoreFactory = (options: OpenOptions) => SessionPlugin | OpenedStore | Promise<SessionPlugin | OpenedStore>

const guards: readonly (readonly [StoreCapability, (store: SessionPlugin) => boolean])[] = [
  ['user-index', supportsUserIndex],
  ['sweep', supportsSweep],
  ['close', supportsClose],
  ['compare', supportsCompare],
  ['user-records', supportsUserRecords],
  ['given-id', supportsGivenId],
]

async function openWith(factory: StoreFactory, options: OpenOptions): Promise<OpenedStore> {
  const made = await factory(options)
  if (typeof made === 'object' && made !== null && 'store' in made) return made
  const closing: unknown = Reflect.get(Object(made), 'close')
  return typeof closing === 'function'
    ? { store: made, close: async () => Reflect.apply(closing, made, []) }
    : { store: made }
}

/** Returns true if store `b` can read a session that store `a` created. */
async function seeEachOther(a: SessionPlugin, b: SessionPlugin): Promise<boolean> {
  const attempt = async (): Promise<void> => {
    const id = await a.create({ dataJson: '{}', ttlMs: 60_000 })
    await b.read(id)
    await a.delete(id)
  }
  return (await settleWithin(attempt(), probeLimitMs)).state === 'resolved'
}

/**
 * Makes a harness from a function that makes stores. Detects the optional interfaces by their methods, and a shared
 * backend by reading a session through a second store.
 */
export async function harnessFromFactory(
  factory: StoreFactory,
  family: StoreFamily,
  given: string,
): Promise<StoreHarness> {
  const bare: Pick<StoreHarness, 'open'> = { open: (options) => openWith(factory, options) }
  const [a, b] = [await openProbe(bare, given), await openProbe(bare, given)]
  if (a.store === b.store && a.close) {
    throw new UsageError(
      `${given} gave the same store twice, and closing one would close all. Make a new store on each call.`,
    )
  }
  try {
    return {
      ...bare,
      name: typeof a.store.name === 'string' && a.store.name !== '' ? a.store.name : given,
      family,
      capabilities: guards.filter(([, supports]) => supports(a.store)).map(([capability]) => capability),
      declarations: { sharedBackend: await seeEachOther(a.store, b.store) },
    }
  } finally {
    await a.close?.()
    await b.close?.()
  }
}
