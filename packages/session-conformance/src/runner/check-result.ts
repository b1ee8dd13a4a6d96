import { ConformanceFailure } from './failure.js'
import type { StoreMethod } from './store-methods.js'

function describe(value: unknown): string {
  if (value === '') return 'an empty text'
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function checkFields(
  what: string,
  value: unknown,
  checks: Readonly<Record<string, (field: unknown) => boolean>>,
  rule: string,
): void {
  if (typeof value !== 'object' || value === null) {
    throw new ConformanceFailure(`${what} to be an object`, `it is ${describe(value)}`, rule)
  }
  for (const [field, isRight] of Object.entries(checks)) {
    const seen: unknown = Reflect.get(value, field)
    if (isRight(seen)) continue
    const shown = typeof seen === 'number' ? `the number ${seen}` : describe(seen)
    throw new ConformanceFailure(`a right ${field} in ${what}`, `it is ${shown}`, rule)
  }
}

const isText = (field: unknown): boolean => typeof field === 'string'
const isCount = (field: unknown): boolean => typeof field === 'number' && Number.isSafeInteger(field) && field >= 0

/** Checks the result of a method against its type, because a store may be written in JavaScript. */
export function checkResult(method: StoreMethod, value: unknown): void {
  switch (method) {
    case 'create':
    case 'update':
    case 'touch':
      if (typeof value !== 'string' || value === '') {
        throw new ConformanceFailure(`${method}() to resolve to an id`, `it resolved to ${describe(value)}`)
      }
      break
    case 'read':
      checkFields(
        'the record',
        value,
        {
          id: isText,
          userId: (field) => field === undefined || typeof field === 'string',
          dataJson: isText,
          createdAtMs: isTime,
          expiresAtMs: isTime,
        },
        'R1',
      )
      break
    case 'isHealthy':
      if (typeof value !== 'boolean') {
        throw new ConformanceFailure('isHealthy() to resolve to a boolean', `it resolved to ${describe(value)}`, 'H1')
      }
      break
    case 'listUserSessions':
      if (!Array.isArray(value)) {
        throw new ConformanceFailure('listUserSessions() to resolve to an array', `it resolved to ${describe(value)}`)
      }
      for (const summary of value) {
        checkFields('a summary', summary, { handle: isText, createdAtMs: isTime, expiresAtMs: isTime }, 'O1')
      }
      break
    case 'listUserRecords':
      if (!Array.isArray(value)) {
        throw new ConformanceFailure('listUserRecords() to resolve to an array', `it resolved to ${describe(value)}`)
      }
      for (const record of value) {
        const fields = { handle: isText, createdAtMs: isTime, expiresAtMs: isTime, dataJson: isText }
        checkFields('a record of a list', record, fields, 'O5')
      }
      break
    case 'updateUserRecord':
      checkFields(
        'the result of updateUserRecord()',
        value,
        { outcome: (field) => field === 'updated' || field === 'changed' || field === 'gone' },
        'O5',
      )
      break
    case 'sweep':
      checkFields(
        'the result of sweep()',
        value,
        { removed: isCount, more: (field) => typeof field === 'boolean' },
        'O2',
      )
      break
    case 'updateIfUnchanged':
      checkFields(
        'the result of updateIfUnchanged()',
        value,
        { outcome: (field) => field === 'updated' || field === 'changed' },
        'O4',
      )
      break
    case 'createWithId':
      checkFields(
        'the result of createWithId()',
        value,
        { outcome: (field) => field === 'created' || field === 'taken' },
        'O6',
      )
      break
    case 'delete':
    case 'endUserSession':
    case 'endUserSessions':
    case 'close':
      break
  }
}
