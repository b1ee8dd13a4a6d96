/**
 * Describes the type of a value for error texts, and never the value: it may be an id, a user or data (contract E3).
 */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === undefined) return 'undefined'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

/** Describes the value of an amount, such as a time: the number itself, or the type of another value. */
export function describeAmount(value: unknown): string {
  return typeof value === 'number' ? `the number ${value}` : describeType(value)
}

/**
 * Returns the value of a factory's option if it is a positive safe integer. Throws a `TypeError` that names the option.
 */
export function checkPositiveInteger(factory: string, option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`${factory}: option ${option} must be a positive integer, but it is ${describeAmount(value)}.`)
}

/** Longest time that a timer can wait, in milliseconds. With a longer time, a timer fires immediately. */
export const maxTimerMs = 2_147_483_647

/**
 * Returns a time in milliseconds if it is a positive integer of at most `maxMs`. Throws a `TypeError` that names the
 * option. Default of `maxMs`: the longest time that a timer can wait.
 */
export function checkTimerMs(factory: string, option: string, value: unknown, maxMs: number = maxTimerMs): number {
  const checked = checkPositiveInteger(factory, option, value)
  if (checked <= maxMs) return checked
  throw new TypeError(`${factory}: option ${option} must be at most ${maxMs}, but it is ${checked}.`)
}

/**
 * Returns `timeoutMs` if it is a positive integer that a timer can wait for. Throws a `TypeError` that names the
 * option.
 */
export function checkTimeoutMs(factory: string, timeoutMs: unknown): number {
  return checkTimerMs(factory, 'timeoutMs', timeoutMs)
}

/** Returns the first unknown key of `options`, quoted, or undefined if all keys are known. */
export function findUnknownOption(options: object, known: readonly string[]): string | undefined {
  for (const key of Object.keys(options)) if (!known.includes(key)) return JSON.stringify(key)
  return undefined
}

/** Throws a `TypeError` if `options` is not an object or has an unknown key. */
export function rejectUnknownOptions(factory: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${factory}: expected an object of options, but it is ${describeType(options)}.`)
  }
  const unknown = findUnknownOption(options, known)
  if (unknown === undefined) return
  const takes = known.length === 0 ? 'it has none' : `known are ${known.join(', ')}`
  throw new TypeError(`${factory}: there is no option ${unknown}; ${takes}.`)
}

/** Throws a `TypeError` that says how to pass the value, if the caller passed the option's value without its name. */
export function rejectBareOption(factory: string, option: string, isBare: boolean): void {
  if (!isBare) return
  throw new TypeError(`${factory}: expected an object of options; did you mean ${factory}({ ${option} })?`)
}
