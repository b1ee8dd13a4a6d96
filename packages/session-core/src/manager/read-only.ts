function refuse(): never {
  throw new TypeError(
    'The session is committed: its data can be read, but a change would not be stored. Change it before the commit.',
  )
}

const traps: ProxyHandler<object> = {
  get(target, key, receiver): unknown {
    const value: unknown = Reflect.get(target, key, receiver)
    // What is frozen has to be given as it is.
    return Object.isFrozen(target) ? value : readOnly(value)
  },
  set: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
  setPrototypeOf: refuse,
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}

/** A view of the value in which a change of an object or an array, however deep, throws. */
export function readOnly<T>(value: T): T {
  return isPlain(value) ? (new Proxy(value, traps) as T) : value
}
