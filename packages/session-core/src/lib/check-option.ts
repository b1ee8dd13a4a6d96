/** What kind of value it is, for error texts that must not show the value itself. */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === undefined) return 'undefined'
  if (typeof value === 'number') return `the number ${value}`
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

/** The value of a factory's option, if it is a positive safe integer. Throws a `TypeError` that names the option. */
export function checkPositiveInteger(factory: string, option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`${factory}: option ${option} must be a positive integer, but it is ${describeType(value)}.`)
}

// What a timer can wait for; beyond it, timers fire at once.
const maxTimeoutMs = 2_147_483_647

/** `timeoutMs`, if it is a positive integer that a timer can wait for. Throws a `TypeError` that names the option. */
export function checkTimeoutMs(factory: string, timeoutMs: unknown): number {
  const checked = checkPositiveInteger(factory, 'timeoutMs', timeoutMs)
  if (checked <= maxTimeoutMs) return checked
  throw new TypeError(`${factory}: option timeoutMs must be at most ${maxTimeoutMs}, but it is ${checked}.`)
}

/** Throws a `TypeError` if `options` is not an object, or has a key that the factory does not know. */
export function rejectUnknownOptions(factory: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${factory}: expected an object of options, but it is ${describeType(options)}.`)
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`${factory}: there is no option ${JSON.stringify(key)}; known are ${known.join(', ')}.`)
    }
  }
}
