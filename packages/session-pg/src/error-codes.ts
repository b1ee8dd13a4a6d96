/** Returns a field of an error; `undefined` if it has none. */
export function fieldOf(error: unknown, field: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined
}

/** Returns the SQLSTATE or the driver's code; `undefined` if the error has neither. */
export function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code')
  return typeof code === 'string' ? code : undefined
}

/** Returns true for a code that the server sent. The driver's codes, such as EPIPE, contain no digit. */
export function isSqlState(code: string | undefined): code is string {
  return code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
}
