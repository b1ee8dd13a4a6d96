/** A value that would come back from JSON as something else, or not at all. */
export interface UnkeptValue {
  /** The place of the value, from the innermost key to the outermost. */
  readonly path: (string | number)[]
  readonly kind: string
}

const plainName = /^[A-Za-z_$][\w$]{0,63}$/
// JSON keeps nothing of these, so that no schema can make them again.
const emptyKinds: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Promise', 'RegExp'])

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

// Also one of another realm, such as that of a test environment.
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
 * The first value that JSON does not keep as it is; undefined if there is none. With `isRevived`, a schema makes values
 * again from their JSON: then dates and instances of classes pass, if JSON keeps anything of them.
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

/** The place as code. A key that may be data, such as an address, is not shown (contract E3). */
export function placeOf({ path }: UnkeptValue): string {
  const keys = path.toReversed().map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return plainName.test(key) ? `.${key}` : '[…]'
  })
  return `session.data${keys.join('')}`
}
