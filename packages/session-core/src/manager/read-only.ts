function refuse(): never {
  throw new TypeError('The session is committed, so it can only be read. Change it before the commit.')
}

const traps: ProxyHandler<object> = {
  get(target, key, receiver): unknown {
    const value: unknown = Reflect.get(target, key, receiver)
    // A proxy must return the properties of a frozen object unchanged.
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

/** Returns a view of the value that throws when an object or an array in it is changed, at any depth. */
export function readOnly<T>(value: T): T {
  return isPlain(value) ? (new Proxy(value, traps) as T) : value
}
