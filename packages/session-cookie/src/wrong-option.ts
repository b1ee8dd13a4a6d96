import { describeType } from '@bext/session-core/store'

/** What the value is instead, for error texts: it may be a secret, so that not even a number is shown. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'another string'
  return typeof value === 'number' ? 'a number' : describeType(value)
}

export function wrongOption(option: string, expected: string, given: string): TypeError {
  return new TypeError(`cookieSessions: option ${option} must be ${expected}, but it is ${given}.`)
}
