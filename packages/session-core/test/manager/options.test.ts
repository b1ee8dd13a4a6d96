import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'

const plugin = memorySessions()
const initialData = (): object => ({})
const limit = { count: 3, policy: 'endOldest' }
const extras = { listUserSessions: undefined, updateIfUnchanged: undefined }
const plain = { ...plugin, name: 'plain', ...extras }

function withLegacy(legacy: object): object {
  return { plugin, initialData, cookie: { legacy: { name: 'old', ...legacy } } }
}

function create(options: unknown): unknown {
  return createSessionManager(options as Parameters<typeof createSessionManager>[0])
}

describe('createSessionManager throws a TypeError that names the option', () => {
  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /expected an object of options/],
    ['an unknown option', { plugin, initialData, ttl: 5 }, /"ttl".*ttlMs/],
    ['no plugin', { initialData }, /option plugin .*undefined/],
    ['a plugin that is none', { plugin: { read() {} }, initialData }, /option plugin .*lacks create, update/],
    ['no initialData', { plugin }, /option initialData .*undefined/],
    ['a ttl of 0', { plugin, initialData, ttlMs: 0 }, /option ttlMs .*number 0/],
    ['a ttl that is no number', { plugin, initialData, ttlMs: '30m' }, /option ttlMs .*string/],
    ['a fractional absolute ttl', { plugin, initialData, absoluteTtlMs: 1.5 }, /option absoluteTtlMs .*1\.5/],
    ['a ttl over the absolute one', { plugin, initialData, ttlMs: 9, absoluteTtlMs: 8 }, /ttlMs .*absoluteTtlMs/],
    ['a ttl over the default absolute one', { plugin, initialData, ttlMs: 86_400_000 }, /ttlMs .*absoluteTtlMs/],
    ['touchAfterMs NaN', { plugin, initialData, touchAfterMs: Number.NaN }, /option touchAfterMs .*NaN/],
    ['touchAfterMs over the ttl', { plugin, initialData, ttlMs: 9, touchAfterMs: 10 }, /option touchAfterMs .*ttlMs/],
    ['a cookie that is no object', { plugin, initialData, cookie: 'sid' }, /option cookie.*string/],
    ['an unknown cookie option', { plugin, initialData, cookie: { maxAge: 5 } }, /option cookie.*"maxAge"/],
    ['an empty name', { plugin, initialData, cookie: { name: '' } }, /option cookie\.name /],
    ['a name that is no token', { plugin, initialData, cookie: { name: 'a b' } }, /option cookie\.name .*3 characters/],
    ['a name that is too long', { plugin, initialData, cookie: { name: 'x'.repeat(129) } }, /cookie\.name .*129/],
    [
      'a name that is no string',
      { plugin, initialData, cookie: { name: 5 } },
      /option cookie\.name .*but it is a number/,
    ],
    ['secure that is no boolean', { plugin, initialData, cookie: { secure: 'yes' } }, /cookie\.secure .*string/],
    ['an unknown sameSite', { plugin, initialData, cookie: { sameSite: 'Lax' } }, /cookie\.sameSite .*'lax'/],
    ['__Host- without Secure', { plugin, initialData, cookie: { secure: false } }, /cookie\.secure .*__Host-session/],
    ['__secure- without Secure', { plugin, initialData, cookie: { name: '__secure-a', secure: false } }, /refuse/],
    [
      'partitioned without Secure',
      { plugin, initialData, cookie: { name: 'a', secure: false, partitioned: true } },
      /part/,
    ],
    ['partitioned, no boolean', { plugin, initialData, cookie: { partitioned: 1 } }, /cookie\.partitioned .*a number/],
    ['an unknown priority', { plugin, initialData, cookie: { priority: 'High' } }, /cookie\.priority .*'low'/],
    ['remember, no object', { plugin, initialData, remember: true }, /option remember .*boolean/],
    ['a legacy cookie without a name', { plugin, initialData, cookie: { legacy: {} } }, /option cookie\.legacy\.name/],
    ['a wrong path of it', withLegacy({ path: 'app' }), /option cookie\.legacy\.path must be .* begins with \//],
    ['a header in its path', withLegacy({ path: '/\r\nX: 1' }), /option cookie\.legacy\.path/],
    ['a header in its domain', withLegacy({ domain: 'a.com; Secure' }), /option cookie\.legacy\.domain/],
    ['an unknown option of it', withLegacy({ maxAge: 1 }), /option cookie\.legacy: .*"maxAge"/],
    ['remember without ttl', { plugin, initialData, remember: { absoluteTtlMs: 9 } }, /remember\.ttlMs .*undefined/],
    ['an unknown cacheControl', { plugin, initialData, cacheControl: 'public' }, /cacheControl .*'no-store' or/],
    ['an unknown onConflict', { plugin, initialData, onConflict: 'merge' }, /onConflict .*'overwrite' or/],
    ['a store that cannot compare', { plugin: plain, initialData, onConflict: 'reject' }, /updateIfUnchanged.* plain /],
    ['a limit without a policy', { plugin, initialData, maxSessionsPerUser: { count: 3 } }, /\.policy .*undefined/],
    ['a limit of 0', { plugin, initialData, maxSessionsPerUser: { count: 0, policy: 'reject' } }, /\.count .*number 0/],
    ['a store that cannot list', { plugin: plain, initialData, maxSessionsPerUser: limit }, /lists sessions.* plain /],
    ['a schema that is none', { plugin, initialData, schema: { parse() {} } }, /option schema .*Standard Schema/],
    ['migrateData, no function', { plugin, initialData, migrateData: {} }, /option migrateData .*object/],
    ['onRejected, no function', { plugin, initialData, onRejected: [] }, /option onRejected .*array/],
    ['none without Secure', { plugin, initialData, cookie: { name: 'a', secure: false, sameSite: 'none' } }, /none/],
  ])('%s', (_, options, message) => {
    expect(() => create(options)).toThrow(TypeError)
    expect(() => create(options)).toThrow(message)
  })
})

it('takes options that are undefined for left out', () => {
  const cookie = { name: undefined, secure: undefined, sameSite: undefined }
  create({ plugin, initialData, ttlMs: undefined, absoluteTtlMs: undefined, touchAfterMs: undefined, cookie })
  create({
    plugin,
    initialData,
    cookie: undefined,
    remember: undefined,
    cacheControl: undefined,
    onConflict: undefined,
  })
  const hooks = { schema: undefined, migrateData: undefined, onRejected: undefined }
  create({ plugin, initialData, maxSessionsPerUser: undefined, ...hooks })
})
