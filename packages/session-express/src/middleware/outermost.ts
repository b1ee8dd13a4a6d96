export type Method = (...args: readonly unknown[]) => unknown

/** A call of a method. */
export interface MethodCall {
  readonly args: readonly unknown[]
  /** True if the caller got the method as it is now, and not as it was before other middleware replaced it. */
  readonly isOutermost: boolean
  /** Calls what the method was when the caller got it. */
  readonly proceed: () => unknown
}

/**
 * Passes all calls of a method to `around`. It stays outermost: if middleware replaces the method later, its replacement is
 * called by `proceed`. A method that does not exist yet may be added later.
 */
export function keepOutermost(target: object, name: string, around: (call: MethodCall) => unknown): void {
  let current: unknown

  function wrap(inner: unknown): unknown {
    if (typeof inner !== 'function') return inner
    const outer: Method = (...args) =>
      around({ args, isOutermost: current === outer, proceed: () => Reflect.apply(inner, target, args) as unknown })
    return outer
  }

  current = wrap(Reflect.get(target, name))
  Object.defineProperty(target, name, {
    configurable: true,
    get: () => current,
    set(inner: unknown) {
      current = wrap(inner)
    },
  })
}
