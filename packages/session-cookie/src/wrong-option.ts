import { describeType } from '@bext/session-core/store-helpers'

/** Describes the value for error texts, and never shows it: it may be a secret. */
export function describeWithoutValue(value: unknown): string {
  return typeof value === 'string' ? 'another string' : describeType(value)
}

export function optionError(option: string, expected: string, given: string): TypeError {
  return new TypeError(`cookieSessions: option ${option} must be ${expected}, but it is ${given}.`)
}
