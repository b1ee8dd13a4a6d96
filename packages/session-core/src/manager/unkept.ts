/** A value that a later request would read from JSON as a different value, or not at all. */
export interface UnkeptValue {
  /** Keys that lead to the value, from the innermost to the outermost. */
  readonly path: (string | number)[]
  readonly kind: string
}

const plainName = /^[A-Za-z_$][\w$]{0,63}$/
// JSON represents these as `{}`, so no schema can restore them.
const emptyKinds: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Promise', 'RegExp'])

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

// Also accepts objects of another realm, such as that of a test environment.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

function hasToJson(value: object | bigint): boolean {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function'
}

function kindOfPrimitive(value: unknown, isRevived: boolean): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'NaN or an infinite number'
  if (typeof value === 'bigint') return isRevived && hasToJson(value) ? undefined : 'a BigInt'
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : undefined
}

/**
 * Returns the first value that JSON cannot represent, or undefined if there is none. With `isRevived`, a schema restores
 * values from their JSON: then dates and instances of classes are accepted, unless JSON represents them as `{}`.
 */
export function findUnkept(value: unknown, isRevived: boolean, seen?: Set<object>): UnkeptValue | undefined {
  if (typeof value !== 'object' || value === null) {
    const kind = kindOfPrimitive(value, isRevived)
    return kind === undefined ? undefined : { path: [], kind }
  }
  if (seen?.has(value)) return undefined
  seen?.add(value)
  if (Array.isArray(value)) return findInArray(value, isRevived, seen)
  if (hasToJson(value) || !isPlain(value)) {
    if (isRevived && hasToJson(value)) return undefined
    const kind = tagOf(value)
    if (!isRevived || emptyKinds.has(kind)) {
      return { path: [], kind: kind === 'Date' || emptyKinds.has(kind) ? `a ${kind}` : 'an instance of a class' }
    }
  }
  for (const key of Object.keys(value)) {
    const found = findUnkept((value as Record<string, unknown>)[key], isRevived, seen)
    if (found) {
      found.path.push(key)
      return found
    }
  }
  return undefined
}

function findInArray(value: readonly unknown[], isRevived: boolean, seen?: Set<object>): UnkeptValue | undefined {
  for (let at = 0; at < value.length; at += 1) {
    const item = value[at]
    const found = item === undefined ? { path: [], kind: 'undefined in an array' } : findUnkept(item, isRevived, seen)
    if (found) {
      found.path.push(at)
      return found
    }
  }
  return undefined
}

/** Returns the place as code. Omits a key that may be data, such as an address (contract E3). */
export function placeOf({ path }: UnkeptValue): string {
  const keys = path.toReversed().map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return plainName.test(key) ? `.${key}` : '[…]'
  })
  return `session.data${keys.join('')}`
}
