import { inspect } from 'node:util'
import type { CookieSessionsOptions } from '@bext/session-cookie'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import { describe, expect, test } from 'vitest'
import { expectInvalid, hourMs, newSecret } from './helpers.js'

const secret = 'canary-of-a-secret-that-is-never-shown'
const secrets = [{ id: 'k1', secret }]
const good = { dataJson: '{"a":1}', ttlMs: hourMs }

function errorOf(options: unknown): Error {
  try {
    cookieSessions(options as CookieSessionsOptions)
  } catch (error) {
    return error as Error
  }
  throw new Error('The options were accepted.')
}

test.each([
  [
    'the options of createRevocation',
    'revocation',
    { store: memoryRevocations(), maxTtlMs: hourMs },
    /without newFamilyId, /,
  ],
  [
    'revocations',
    'revocation',
    memoryRevocations(),
    /the result of createRevocation\(\) of .*, but it is an object without/,
  ],
  ['true', 'revocation', true, /option revocation must be the result of createRevocation\(\) .* but it is a boolean/],
  [
    'an empty object',
    'compression',
    {},
    /deflate or inflateOnly of @bext\/session-cookie\/compression, .* without deflate, inflate/,
  ],
  [
    'a name',
    'compression',
    'deflate',
    /option compression must be deflate or inflateOnly of .* but it is another string/,
  ],
  ['an object', 'legacyDecoder', {}, /option legacyDecoder must be a function, but it is an object/],
])('an unsuitable object is a TypeError: %s for option %s', (_, option, value, message) => {
  const error = errorOf({ secrets, [option]: value })
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(message)
})

test('createRevocation says how to pass a store', () => {
  expect(() => createRevocation(memoryRevocations() as never)).toThrow(
    new TypeError('createRevocation: expected an object of options; did you mean createRevocation({ store })?'),
  )
})

describe('wrong options are a TypeError that names the option (E1)', () => {
  test.each<[string, unknown, RegExp]>([
    ['no options', undefined, /cookieSessions: expected an object of options, but it is undefined/],
    ['an array for options', secrets, /expected an object of options, but it is an array/],
    ['an unknown option', { secrets, secret: 'x' }, /no option "secret"; known are secrets, purpose, maxIdBytes, /],
    ['no secrets', {}, /option secrets must be an array of one or more \{ id, secret \}, but it is undefined/],
    ['a string for secrets', { secrets: secret }, /option secrets must be an array .* but it is another string/],
    ['a number for secrets', { secrets: 123_456_789 }, /option secrets must be an array .* but it is a number\.$/],
    ['an empty list', { secrets: [] }, /option secrets must be an array of one or more .* but it is empty/],
    ['a bare string in the list', { secrets: [secret] }, /option secrets\[0\]: expected an object .* it is a string/],
    ['a hole in the list', { secrets: Array(1) }, /option secrets\[0\]: expected an object .* it is undefined/],
    ['an unknown key in a secret', { secrets: [{ ...secrets[0], ttl: 1 }] }, /secrets\[0\]: there is no option "ttl"/],
    [
      'no id',
      { secrets: [{ secret }] },
      /option secrets\[0\]\.id must be 1 to 64 characters of .* but it is undefined/,
    ],
    ['an empty id', { secrets: [{ id: '', secret }] }, /option secrets\[0\]\.id .* but it is another string/],
    ['an id with a star', { secrets: [{ id: 'a*b', secret }] }, /option secrets\[0\]\.id .* but it is another string/],
    ['an id with a line break', { secrets: [{ id: 'k1\n', secret }] }, /option secrets\[0\]\.id .* another string/],
    ['an id of 65', { secrets: [{ id: 'k'.repeat(65), secret }] }, /option secrets\[0\]\.id .* another string/],
    [
      'the same id twice',
      { secrets: [...secrets, newSecret('k2'), newSecret('k1')] },
      /option secrets\[2\]\.id must be .* unique, but it is used twice/,
    ],
    [
      'no secret',
      { secrets: [{ id: 'k1' }] },
      /option secrets\[0\]\.secret must be .*generate-secret.* but it is undefined/,
    ],
    ['a number as secret', { secrets: [{ id: 'k1', secret: 123_456_789 }] }, /\.secret must be .* is a number\.$/],
    ['31 bytes of text', { secrets: [{ id: 'k1', secret: 'x'.repeat(31) }] }, /32 bytes .* but it is 31 bytes long\./],
    [
      '31 bytes',
      { secrets: [{ id: 'k1', secret: new Uint8Array(31) }] },
      /at least 32 bytes .* but it is 31 bytes long\./,
    ],
    [
      'a short second secret',
      { secrets: [...secrets, { id: 'k2', secret: '' }] },
      /secrets\[1\]\.secret .* it is 0 bytes long/,
    ],
    ['an array as secret', { secrets: [{ id: 'k1', secret: Array(40).fill(7) }] }, /\.secret must be .* is an array/],
    [
      'an empty purpose',
      { secrets, purpose: '' },
      /option purpose must be .* 1 to 128 characters, .* but it is another string/,
    ],
    ['a long purpose', { secrets, purpose: 'p'.repeat(129) }, /option purpose must be .* but it is another string/],
    ['null as purpose', { secrets, purpose: null }, /option purpose must be .* but it is null/],
    ['a lone surrogate as purpose', { secrets, purpose: '\ud800' }, /option purpose must be .* lone surrogate/],
    ['a size of 0', { secrets, maxIdBytes: 0 }, /option maxIdBytes must be a positive integer, but it is the number 0/],
    ['a fractional size', { secrets, maxIdBytes: 1.5 }, /option maxIdBytes must be a positive integer/],
    ['text for a size', { secrets, maxIdBytes: '3900' }, /option maxIdBytes must be .* but it is a string/],
    ['null for a size', { secrets, maxIdBytes: null }, /option maxIdBytes must be .* but it is null/],
  ])('%s', (_title, options, message) => {
    const error = errorOf(options)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
    expect(inspect(error)).not.toMatch(/canary|123456789/)
  })
})

test('a secret is measured in bytes of UTF-8', async () => {
  const store = cookieSessions({ secrets: [{ id: 'k1', secret: 'ü'.repeat(16) }] })
  expect(await store.read(await store.create(good))).toMatchObject({ dataJson: good.dataJson })
  expect(errorOf({ secrets: [{ id: 'k1', secret: 'ü'.repeat(15) }] }).message).toMatch(/it is 30 bytes long/)
})

test('a secret of text and the same bytes open the same ids', async () => {
  const store = cookieSessions({ secrets })
  const same = cookieSessions({ secrets: [{ id: 'k1', secret: new TextEncoder().encode(secret) }] })
  expect(await same.read(await store.create(good))).toMatchObject({ dataJson: good.dataJson })
})

test('changes of the options object have no effect later (R7)', async () => {
  const bytes = new Uint8Array(32).fill(7)
  const options = { secrets: [{ id: 'k1', secret: bytes }], purpose: 'session', maxIdBytes: 3900 }
  const store = cookieSessions(options)
  bytes.fill(0)
  options.secrets[0]!.id = 'other'
  options.secrets.length = 0
  options.purpose = 'other'
  options.maxIdBytes = 1

  const id = await store.create(good)
  const untouched = cookieSessions({ secrets: [{ id: 'k1', secret: new Uint8Array(32).fill(7) }] })
  expect(await untouched.read(id)).toMatchObject({ dataJson: good.dataJson })
})

test('neither the store nor an error shows a secret, an id or data (E3)', async () => {
  const store = cookieSessions({ secrets })
  const id = await store.create({ userId: 'canary-user', dataJson: '"canary-data"', ttlMs: hourMs })
  const errors = await Promise.all([
    expectInvalid(store.read(`${id.slice(0, -43)}${'A'.repeat(43)}` as typeof id), 'tampered'),
    expectInvalid(store.read(`canary${id}` as typeof id), 'malformed'),
    expectInvalid(store.read(id.replace('*k1*', '*canary*') as typeof id), 'unknown_key'),
    expectInvalid(cookieSessions({ secrets, purpose: 'p' }).read(id), 'tampered'),
    expectInvalid(store.update(id, '{"canary"'), 'bad_argument'),
    expectInvalid(store.update(id, JSON.stringify('canary'.repeat(1000))), 'too_large'),
  ])
  for (const shown of [store, ...errors]) {
    const text = inspect(shown, { showHidden: true, depth: Number.POSITIVE_INFINITY })
    expect(text).not.toMatch(/canary/)
    expect(text).not.toContain(id.slice(20, 40))
  }
})
