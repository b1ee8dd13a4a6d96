import { inspect } from 'node:util'
import { sessionPluginMethods } from '@bext/session-core'
import type { OpenedStore, StoreHarness } from '../runner/harness.js'
import { settleWithin } from '../runner/with-timeout.js'
import { UsageError } from './arguments.js'

/** The time limit for opening a store and for each call before the run, in milliseconds. */
export const probeLimitMs = 15_000

const calls = (names: readonly string[]): string => names.map((each) => `${each}()`).join(', ')

/** Opens a store once before the run. Throws a `UsageError` if that fails or the result is not a store. */
export async function openProbe(harness: Pick<StoreHarness, 'open'>, given: string): Promise<OpenedStore> {
  const open = async (): Promise<OpenedStore> => harness.open({ namespace: 'probe' })
  const opening = await settleWithin(open(), probeLimitMs)
  if (opening.state === 'rejected') {
    throw new UsageError(`${given} failed to open a store. This is what it failed with:\n\n${inspect(opening.error)}`)
  }
  if (opening.state === 'pending') {
    throw new UsageError(`${given} did not open a store within ${probeLimitMs / 1000} s. Is its backend running?`)
  }
  const store: unknown = Reflect.get(Object(opening.value), 'store')
  const lacking = sessionPluginMethods.filter((method) => typeof Reflect.get(Object(store), method) !== 'function')
  if (lacking.length === 0) return opening.value
  const seen = store === undefined || store === null ? 'nothing' : `something without ${calls(lacking)}`
  throw new UsageError(
    `${given} must open a session store, which has ${calls(sessionPluginMethods)}; it opened ${seen}. ` +
      'A harness resolves to { store }, a function to the store itself.',
  )
}
