import { isDeepStrictEqual } from 'node:util'
import { clientMutant, serverMutant } from './build.js'
import { invalid, maxDataBytes, tooLarge } from './checks.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import type { ServerMutation } from './server-base.js'

/** Steps that store data in another form. */
function keeping(packData: (dataJson: string) => string): ServerMutation {
  return () => ({ packData })
}

/** Steps that parse data, change them and serialize them again. */
function keepingParsed(change: (value: unknown) => unknown): ServerMutation {
  return keeping((dataJson) => JSON.stringify(change(JSON.parse(dataJson))))
}

function copyByAssignment(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyByAssignment)
  const copy: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) copy[key] = copyByAssignment(field)
  return copy
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if ('[{'.includes(character)) depth += 1
    if (']}'.includes(character)) depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** Stores that change data, or truncate data that are too large. */
export const fidelityMutants: readonly Mutant[] = [
  serverMutant({
    name: 'data are parsed and written again',
    rule: 'R2',
    breaks: 'The column has type json, or the store takes objects.',
    caughtBy: numbered('R2-json', 5, 6, 7, 8, 9, 18),
    steps: keepingParsed((value) => value),
  }),
  serverMutant({
    name: 'keys are returned in another order',
    rule: 'R2',
    breaks: 'jsonb sorts keys by their length.',
    caughtBy: ['R2-json-5'],
    steps: keepingParsed((value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)))
        : value,
    ),
  }),
  serverMutant({
    name: 'update() parses the data and writes them again',
    rule: 'R2',
    breaks: 'create() was fixed, but update() was not.',
    caughtBy: numbered('R2-json', 7, 9),
    steps: (right) => ({
      update: (id, dataJson) => right.update(id, JSON.stringify(JSON.parse(right.checkData(dataJson)))),
    }),
  }),
  serverMutant({
    name: 'touch() parses the data and writes them again',
    rule: 'R2',
    breaks: 'It decodes the record, sets the expiry, and encodes the record.',
    caughtBy: numbered('R2-json', 7, 9),
    steps: (right) => ({
      async touch(id, ttlMs) {
        await right.touch(id, ttlMs)
        const [key, row] = right.find(id)
        right.replace(key, { ...row, dataJson: JSON.stringify(JSON.parse(row.dataJson)) })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'empty objects become arrays',
    rule: 'R2',
    breaks: 'cjson in Redis scripts, and PHP, have one type for arrays and objects.',
    caughtBy: ['R2-json-1'],
    steps: keeping((dataJson) => dataJson.replaceAll('{}', '[]')),
  }),
  serverMutant({
    name: 'falsy data become an empty object',
    rule: 'R2',
    breaks: '`JSON.parse(data) || {}` guards against null.',
    caughtBy: numbered('R2-json', 2, 3, 4),
    steps: keeping((dataJson) => (JSON.parse(dataJson) ? dataJson : '{}')),
  }),
  serverMutant({
    name: 'an escaped NUL is rejected',
    rule: 'R2',
    breaks: 'jsonb cannot store it.',
    caughtBy: ['R2-json-10'],
    steps: (right) => ({
      checkData(dataJson) {
        if (String(dataJson).includes('\\u0000')) throw invalid('A NUL cannot be stored.')
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'an escaped lone surrogate is replaced',
    rule: 'R2',
    breaks: 'The text is parsed, and written as UTF-8.',
    caughtBy: ['R2-json-11'],
    steps: keeping((dataJson) => dataJson.replaceAll(/\\ud[89a-f]../gi, '\ufffd')),
  }),
  serverMutant({
    name: 'control characters and byte order marks are removed',
    rule: 'R2',
    breaks: 'A sanitizer for pasted text removes them.',
    caughtBy: ['R2-json-12'],
    steps: keeping((dataJson) => dataJson.replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, '')),
  }),
  serverMutant({
    name: '4-byte characters become question marks',
    rule: 'R2',
    breaks: "MySQL's utf8 has three bytes.",
    caughtBy: ['R2-json-13'],
    steps: keeping((dataJson) => dataJson.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?')),
  }),
  serverMutant({
    name: 'text is normalized',
    rule: 'R2',
    breaks: 'One spelling of "é" makes texts comparable.',
    caughtBy: ['R2-json-14'],
    steps: keeping((dataJson) => dataJson.normalize('NFC')),
  }),
  serverMutant({
    name: 'text is Latin-1',
    rule: 'R2',
    breaks: 'Buffer.from(text, "binary") was faster.',
    caughtBy: numbered('R2-json', 12, 13, 14),
    steps: keeping((dataJson) => Buffer.from(dataJson, 'latin1').toString('latin1')),
  }),
  serverMutant({
    name: '__proto__ is lost',
    rule: 'R2',
    breaks: 'Objects are copied field by field.',
    caughtBy: ['R2-json-15', 'I3-data'],
    steps: keepingParsed(copyByAssignment),
  }),
  serverMutant({
    name: 'quotes are doubled',
    rule: 'R2',
    breaks: 'They are escaped for SQL, and then bound as a parameter.',
    caughtBy: ['R2-json-16'],
    steps: keeping((dataJson) => dataJson.replaceAll("'", "''")),
  }),
  serverMutant({
    name: 'data are truncated at a delimiter',
    rule: 'R2',
    breaks: 'A record is one line of fields, and is split at every "|".',
    caughtBy: ['R2-json-17'],
    steps: keeping((dataJson) => `user|${dataJson}`.split('|')[1] ?? ''),
  }),
  serverMutant({
    name: 'data are form-encoded',
    rule: 'R2',
    breaks: 'They are decoded once more often than they are encoded.',
    caughtBy: numbered('R2-json', 8, 17),
    steps: keeping((dataJson) => dataJson.replaceAll('+', ' ').replaceAll('%00', '\u0000')),
  }),
  serverMutant({
    name: 'markup is escaped',
    rule: 'R2',
    breaks: 'Escaping protects against scripts in user input.',
    caughtBy: ['R2-json-17'],
    steps: keeping((dataJson) => dataJson.replaceAll('<', '&lt;').replaceAll('&', '&amp;')),
  }),
  serverMutant({
    name: 'data are truncated at the first line break',
    rule: 'R2',
    breaks: 'A record is one line of a file.',
    caughtBy: ['R2-json-18'],
    steps: keeping((dataJson) => dataJson.split('\n')[0] ?? ''),
  }),
  serverMutant({
    name: 'data are trimmed',
    rule: 'R2',
    breaks: 'White space around JSON means nothing.',
    caughtBy: numbered('R2-json', 7, 18),
    steps: keeping((dataJson) => dataJson.trim()),
  }),
  serverMutant({
    name: 'deeply nested data are rejected',
    rule: 'R2',
    breaks: 'The parser of the backend has a limit of 128 levels.',
    caughtBy: ['R2-json-19'],
    steps: (right) => ({
      checkData(dataJson) {
        const data = right.checkData(dataJson)
        if (depthOf(data) > 128) throw invalid('dataJson is nested too deeply.')
        return data
      },
    }),
  }),
  serverMutant({
    name: 'numbers are single precision, and values are declared',
    rule: 'R2',
    breaks: 'The backend stores values with its own type of numbers.',
    caughtBy: ['R2-json-8'],
    steps: keeping((dataJson) =>
      JSON.stringify(
        JSON.parse(dataJson, (_, value: unknown) => (typeof value === 'number' ? Math.fround(value) : value)),
      ),
    ),
    harness: { declarations: { fidelity: 'value', maxDataBytes } },
  }),
  serverMutant({
    name: 'dataJson is returned as an object',
    rule: 'R1',
    breaks: 'The driver parses columns of type json.',
    caughtBy: ['R1-whole', 'R2-json-1'],
    steps: (right) => ({
      toRecord: (id, row) => ({ ...right.toRecord(id, row), dataJson: JSON.parse(row.dataJson) as never }),
    }),
  }),
  serverMutant({
    name: 'dataJson is returned as bytes',
    rule: 'R1',
    breaks: 'The driver returns a Buffer for a blob.',
    caughtBy: ['R1-whole', 'R2-json-1'],
    steps: (right) => ({
      toRecord: (id, row) => ({ ...right.toRecord(id, row), dataJson: Buffer.from(row.dataJson) as never }),
    }),
  }),
  serverMutant({
    name: 'data are truncated at 64 KiB',
    rule: 'R2',
    breaks: 'The column has type text, which MySQL truncates silently.',
    caughtBy: ['R2-large'],
    steps: keeping((dataJson) => Buffer.from(dataJson).subarray(0, 65_535).toString()),
  }),
  serverMutant({
    name: 'data are split within a character',
    rule: 'R2',
    breaks: 'They are read in chunks, and each chunk is decoded separately.',
    caughtBy: ['R2-large'],
    steps: keeping((dataJson) => {
      const bytes = Buffer.from(dataJson)
      return bytes.subarray(0, 16_383).toString() + bytes.subarray(16_383).toString()
    }),
  }),
  serverMutant({
    name: 'an update of more than 4,000 bytes is dropped',
    rule: 'L1',
    breaks: 'The column has 4,000 bytes. The error is caught, so that a page is always shown.',
    caughtBy: ['L1-4096-bytes', 'L1-65536-bytes'],
    steps: (right) => ({
      update: async (id, dataJson) => (dataJson?.length > 4000 ? id : right.update(id, dataJson)),
    }),
  }),
  serverMutant({
    name: 'data that are too large are Backend',
    rule: 'L1',
    breaks: 'The database says so, and its errors are Backend.',
    caughtBy: ['L1-1048577-bytes', 'L1-4194304-bytes', 'L1-declared'],
    steps: (right) => ({
      checkData(dataJson) {
        if (String(dataJson).length > maxDataBytes)
          throw Object.assign(tooLarge(maxDataBytes + 1, maxDataBytes), { code: 'Backend' })
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'data that are too large have the reason bad_argument',
    rule: 'L1',
    breaks: 'One check reports everything that is wrong with data.',
    caughtBy: ['L1-1048577-bytes', 'L1-declared'],
    steps: (right) => ({
      checkData(dataJson) {
        if (String(dataJson).length > maxDataBytes)
          throw invalid(`dataJson is over ${maxDataBytes} of ${maxDataBytes} bytes.`)
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'the error for large data contains no sizes',
    rule: 'L1',
    breaks: 'The message is fixed.',
    caughtBy: ['L1-1048577-bytes', 'L1-declared'],
    steps: (right) => ({
      checkData(dataJson) {
        if (String(dataJson).length > maxDataBytes)
          throw Object.assign(tooLarge(1, 2), { message: 'The session is too large.' })
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'the limit counts UTF-16 units',
    rule: 'L1',
    breaks: 'text.length is available.',
    caughtBy: ['L1-declared'],
    steps: (right) => ({
      checkData(dataJson) {
        const isWide =
          typeof dataJson === 'string' && dataJson.length <= maxDataBytes && Buffer.byteLength(dataJson) > maxDataBytes
        return isWide ? dataJson : right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'the limit is one byte short',
    rule: 'L1',
    breaks: '`>=` for `>`.',
    caughtBy: ['L1-declared'],
    steps: (right) => ({
      checkData(dataJson) {
        if (String(dataJson).length === maxDataBytes) throw tooLarge(maxDataBytes, maxDataBytes)
        return right.checkData(dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'a rejected update() empties the session',
    rule: 'L1',
    breaks: 'The old data are removed first, to make space.',
    caughtBy: ['L1-1048577-bytes', 'C8-bad-json'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, dataJson: '' })
        return right.update(id, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'update() accepts data of any size',
    rule: 'L1',
    breaks: 'The limit is a check of the options of create().',
    caughtBy: ['L1-declared'],
    steps: (right) => ({
      async update(id, dataJson) {
        if (!dataJson?.startsWith?.('"') || Buffer.byteLength(dataJson) <= maxDataBytes)
          return right.update(id, dataJson)
        const [key, row] = right.find(id)
        right.replace(key, { ...row, dataJson })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'data are not checked',
    rule: 'C8',
    breaks: 'The store accepts any text.',
    caughtBy: ['C8-bad-json'],
    steps: () => ({ checkData: (dataJson) => dataJson as string }),
  }),
  serverMutant({
    name: 'update() does not check data',
    rule: 'C8',
    breaks: 'The options of create() are validated; update() has none.',
    caughtBy: ['C8-bad-json'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [key, row] = right.find(id)
        right.replace(key, { ...row, dataJson })
        return id
      },
    }),
  }),
  serverMutant({
    name: 'objects are accepted as dataJson',
    rule: 'C8',
    breaks: 'It is friendlier to accept both.',
    caughtBy: ['C8-bad-json', 'O4-gone'],
    steps: (right) => ({
      checkData: (data) => right.checkData(typeof data === 'string' ? data : JSON.stringify(data)),
    }),
  }),
  serverMutant({
    name: 'JSON with comments and trailing commas is accepted',
    rule: 'C8',
    breaks: 'The parser is lenient, as for configuration files.',
    caughtBy: ['C8-bad-json', 'O4-gone'],
    steps: (right) => ({
      checkData: (data) =>
        typeof data === 'string' && right.checkData(data.replace(/,\]/, ']').replace(/\/\/.*$/, ''))
          ? data
          : right.checkData(data),
    }),
  }),
  clientMutant({
    name: 'a sealed id that is too long is truncated',
    rule: 'L1',
    breaks: 'A cookie has 4,096 bytes.',
    caughtBy: ['L1-4096-bytes', 'R2-large'],
    steps: (right) => ({ issue: (fields) => right.seal(fields).slice(0, 4096) as never }),
  }),
  clientMutant({
    name: 'update() resolves to the old id if the new one is too long',
    rule: 'L1',
    breaks: "The browser's old cookie is better than none.",
    caughtBy: ['L1-4096-bytes'],
    steps: (right) => ({
      update: (id, dataJson) => right.update(id, dataJson).catch(() => right.update(id, right.find(id).dataJson)),
    }),
  }),
  clientMutant({
    name: 'sealed data are parsed and written again',
    rule: 'R2',
    breaks: 'The payload is one JSON object, with the data in it.',
    caughtBy: numbered('R2-json', 5, 6, 7, 8, 9),
    steps: (right) => ({
      seal: (fields) => right.seal({ ...fields, dataJson: JSON.stringify(JSON.parse(fields.dataJson)) }),
    }),
  }),
  serverMutant({
    name: 'equal values count as unchanged',
    rule: 'O4',
    breaks: 'The expected data are compared as values, because spellings mean nothing.',
    caughtBy: ['O4-changed'],
    steps: (right) => ({
      async updateIfUnchanged(id, expectedDataJson, dataJson) {
        const { dataJson: before } = right.find(id)[1]
        let isSame = before === expectedDataJson
        try {
          isSame ||= isDeepStrictEqual(JSON.parse(before), JSON.parse(expectedDataJson))
        } catch {
          return { outcome: 'changed' }
        }
        return isSame ? right.updateIfUnchanged(id, before, dataJson) : { outcome: 'changed' }
      },
    }),
  }),
  serverMutant({
    name: 'large bare numbers are rounded',
    rule: 'R2',
    breaks: 'Text that looks like a number goes into a column of numbers.',
    caughtBy: ['R2-json-20'],
    steps: keeping((dataJson) => (/^\d+$/.test(dataJson) ? String(Number(dataJson)) : dataJson)),
  }),
  serverMutant({
    name: 'a bare text is returned without its quotes',
    rule: 'R2',
    breaks: 'The driver parses JSON, and the store serializes objects only.',
    caughtBy: ['R2-json-21'],
    steps: keeping((dataJson) => (/^"[a-z ]+"$/.test(dataJson) ? dataJson.slice(1, -1) : dataJson)),
  }),
  serverMutant({
    name: 'dates are returned in another form',
    rule: 'R2',
    breaks: 'A reviver turns dates into Date objects, which lose a day without a time.',
    caughtBy: ['R2-json-22'],
    steps: keeping((dataJson) => dataJson.replace(/"(\d{4}-\d\d-\d\d)"/, '"$1T00:00:00.000Z"')),
  }),
  serverMutant({
    name: 'a lone surrogate becomes a replacement character',
    rule: 'R2',
    breaks: 'The driver encodes UTF-8 without a check.',
    caughtBy: ['R2-lone-surrogate'],
    steps: () => ({ checkData: (dataJson) => String(dataJson).toWellFormed() }),
  }),
  serverMutant({
    name: 'an update with equal data is skipped',
    rule: 'R2',
    breaks: 'It compares the parsed values, to save a write.',
    caughtBy: ['R2-respelled'],
    steps: (right) => ({
      async update(id, dataJson) {
        const [, row] = right.find(id)
        const isEqual = isDeepStrictEqual(JSON.parse(row.dataJson), JSON.parse(right.checkData(dataJson)))
        return isEqual ? id : right.update(id, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'data of more than 128 kB are truncated',
    rule: 'L1',
    breaks: 'The value is one string of the driver, which has a maximum length.',
    caughtBy: ['L1-200000-bytes'],
    steps: keeping((dataJson) => (dataJson.length > 131_072 ? `${dataJson.slice(0, 131_071)}"` : dataJson)),
  }),
]
