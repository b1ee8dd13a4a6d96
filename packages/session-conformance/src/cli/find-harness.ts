import type { StoreFamily, StoreHarness } from '../runner/harness.js'
import { storeCapabilities } from '../runner/harness.js'
import type { StoreFactory } from './harness-from-function.js'
import type { ModuleExports } from './load-module.js'
import { checkHarnessFields } from '../runner/check-harness.js'
import { UsageError } from './arguments.js'

export type Found =
  | { readonly kind: 'harness'; readonly harness: StoreHarness }
  | { readonly kind: 'factory'; readonly factory: StoreFactory }

const expected =
  'Export a harness ({ name, family, open }, as default or as "harness"), or a function that makes a store, as default.'

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (!isObject(value)) return value === null ? 'null' : `a ${typeof value}`
  const fields = Object.keys(value).slice(0, 8)
  return fields.length === 0 ? 'an empty object' : `an object with ${fields.join(', ')}`
}

/** Returns the exports that may be a harness or function. `default` contains the exports of a CommonJS module. */
function candidates(exports: ModuleExports): readonly unknown[] {
  const outer = exports['default']
  const inner = isObject(outer) ? outer : {}
  return [outer, exports['harness'], inner['default'], inner['harness']]
}

function checkHarness(harness: Readonly<Record<string, unknown>>, given: string): void {
  const { name, family, capabilities = [] } = harness
  const wrong = (field: string, wanted: string, seen: unknown): UsageError =>
    new UsageError(`The harness of ${given} must have ${field}: ${wanted}; it has ${describe(seen)}.`)
  if (typeof name !== 'string' || name === '') throw wrong('a name', 'a text that reports call the store by', name)
  if (family !== 'server' && family !== 'client') {
    throw wrong(
      'a family',
      '"server" (the id is a key into a store) or "client" (the id is the sealed session)',
      family,
    )
  }
  const known: readonly string[] = storeCapabilities
  if (!Array.isArray(capabilities) || capabilities.some((each) => !known.includes(String(each)))) {
    throw new UsageError(`The capabilities of the harness of ${given} must be a list of: ${known.join(', ')}.`)
  }
}

function checkFields(harness: StoreHarness, given: string): void {
  try {
    checkHarnessFields(harness)
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${given}: ${error.message}`) : error
  }
}

/** Finds the harness or function that a module exports. Throws a `UsageError` that says what it exports instead. */
export function findHarness(exports: ModuleExports, given: string, family: StoreFamily | undefined): Found {
  const values = candidates(exports)
  const harness = values.find((value) => isObject(value) && typeof value['open'] === 'function')
  if (isObject(harness)) {
    checkHarness(harness, given)
    const found = harness as unknown as StoreHarness
    checkFields(found, given)
    if (family === undefined || family === found.family) return { kind: 'harness', harness: found }
    throw new UsageError(
      `--family ${family} was given, but the harness of ${given} says ${found.family}. Leave out --family.`,
    )
  }
  const factory = [values[0], values[2]].find((value) => typeof value === 'function')
  if (factory !== undefined) return { kind: 'factory', factory: factory as StoreFactory }
  if (values.some((value) => isObject(value) && typeof value['read'] === 'function')) {
    throw new UsageError(
      `${given} exports a store, but the kit opens many. Export a function that makes one: export default () => store.`,
    )
  }
  const names = Object.keys(exports).filter((name) => name !== 'module.exports')
  const seen = names.map((name) => `${name} (${describe(exports[name])})`)
  throw new UsageError(`${given} exports ${seen.length === 0 ? 'nothing' : seen.join(', ')}. ${expected}`)
}
