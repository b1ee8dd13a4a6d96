import { memorySessions } from '@bext/session-core/memory'
import { createSessionManager } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'

const store = memorySessions()
const initialData = (): object => ({})
const limit = { count: 3, policy: 'endOldest' }
const extras = { listUserSessions: undefined, updateIfUnchanged: undefined }
const plain = { ...store, name: 'plain', ...extras }

function withLegacy(legacy: object): object {
  return { store, initialData, cookie: { legacy: { name: 'old', ...legacy } } }
}

function create(options: unknown): unknown {
  return createSessionManager(options as Parameters<typeof createSessionManager>[0])
}

describe('createSessionManager throws a TypeError that names the option', () => {
  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /expected an object of options/],
    ['an unknown option', { store, initialData, ttlMs: 5 }, /"ttlMs".*idleTimeoutMs/],
    ['no store', { initialData }, /option store .*undefined/],
    ['a store that lacks methods', { store: { read() {} }, initialData }, /option store .*lacks create, update/],
    ['no initialData', { store }, /option initialData .*undefined/],
    ['an idle timeout of 0', { store, initialData, idleTimeoutMs: 0 }, /option idleTimeoutMs .*number 0/],
    [
      'an idle timeout that is no number',
      { store, initialData, idleTimeoutMs: '30m' },
      /option idleTimeoutMs .*string/,
    ],
    [
      'a fractional absolute timeout',
      { store, initialData, absoluteTimeoutMs: 1.5 },
      /option absoluteTimeoutMs .*1\.5/,
    ],
    [
      'an idle timeout over the absolute one',
      { store, initialData, idleTimeoutMs: 9, absoluteTimeoutMs: 8 },
      /idleTimeoutMs .*absoluteTimeoutMs/,
    ],
    [
      'an idle timeout over the default absolute one',
      { store, initialData, idleTimeoutMs: 86_400_000 },
      /idleTimeoutMs .*absoluteTimeoutMs/,
    ],
    ['touchIntervalMs NaN', { store, initialData, touchIntervalMs: Number.NaN }, /option touchIntervalMs .*NaN/],
    [
      'touchIntervalMs over the idle timeout',
      { store, initialData, idleTimeoutMs: 9, touchIntervalMs: 10 },
      /option touchIntervalMs .*idleTimeoutMs/,
    ],
    ['a cookie that is no object', { store, initialData, cookie: 'sid' }, /option cookie.*string/],
    ['an unknown cookie option', { store, initialData, cookie: { maxAge: 5 } }, /option cookie.*"maxAge"/],
    ['an empty name', { store, initialData, cookie: { name: '' } }, /option cookie\.name /],
    ['a name that is no token', { store, initialData, cookie: { name: 'a b' } }, /option cookie\.name .*3 characters/],
    ['a name that is too long', { store, initialData, cookie: { name: 'x'.repeat(129) } }, /cookie\.name .*129/],
    [
      'a name that is no string',
      { store, initialData, cookie: { name: 5 } },
      /option cookie\.name .*but it is a number/,
    ],
    ['secure that is no boolean', { store, initialData, cookie: { secure: 'yes' } }, /cookie\.secure .*string/],
    ['an unknown sameSite', { store, initialData, cookie: { sameSite: 'Lax' } }, /cookie\.sameSite .*'lax'/],
    ['__Host- without Secure', { store, initialData, cookie: { secure: false } }, /cookie\.secure .*__Host-session/],
    ['__secure- without Secure', { store, initialData, cookie: { name: '__secure-a', secure: false } }, /refuse/],
    [
      'partitioned without Secure',
      { store, initialData, cookie: { name: 'a', secure: false, partitioned: true } },
      /part/,
    ],
    [
      'a domain with a scheme',
      { store, initialData, cookie: { domain: 'https://a.example' } },
      /cookie\.domain .*a port/,
    ],
    [
      'a domain with a leading dot',
      { store, initialData, cookie: { domain: '.example.com' } },
      /without a leading dot/,
    ],
    ['a domain with a port', { store, initialData, cookie: { domain: 'example.com:443' } }, /option cookie\.domain /],
    ['a domain of one label', { store, initialData, cookie: { domain: 'localhost' } }, /option cookie\.domain /],
    ['an address as domain', { store, initialData, cookie: { domain: '10.0.0.1' } }, /option cookie\.domain /],
    ['a label that ends with a hyphen', { store, initialData, cookie: { domain: 'a-.com' } }, /option cookie\.domain /],
    ['a domain in Unicode', { store, initialData, cookie: { domain: 'bücher.example' } }, /option cookie\.domain /],
    ['a header in the domain', { store, initialData, cookie: { domain: 'a.com; HttpOnly' } }, /option cookie\.domain /],
    ['a long domain', { store, initialData, cookie: { domain: `${'a.'.repeat(127)}com` } }, /cookie\.domain .*257/],
    ['a domain that is no string', { store, initialData, cookie: { domain: 5 } }, /cookie\.domain .*a number/],
    [
      'a domain with __Host-',
      { store, initialData, cookie: { domain: 'a.com', name: '__host-Http-sid' } },
      /option cookie\.domain .* named __host-Http-sid.* __Secure-/,
    ],
    [
      'a domain without Secure',
      { store, initialData, cookie: { domain: 'a.com', secure: false } },
      /cookie\.secure .*__Secure-session/,
    ],
    ['persistent that is no boolean', { store, initialData, cookie: { persistent: 0 } }, /cookie\.persistent .*number/],
    ['partitioned, no boolean', { store, initialData, cookie: { partitioned: 1 } }, /cookie\.partitioned .*a number/],
    ['an unknown priority', { store, initialData, cookie: { priority: 'High' } }, /cookie\.priority .*'low'/],
    ['remember, no object', { store, initialData, remember: true }, /option remember .*boolean/],
    ['a legacy cookie without a name', { store, initialData, cookie: { legacy: {} } }, /option cookie\.legacy\.name/],
    [
      'a wrong path of the legacy cookie',
      withLegacy({ path: 'app' }),
      /option cookie\.legacy\.path must be .* begins with \//,
    ],
    ['a header in the path of the legacy cookie', withLegacy({ path: '/\r\nX: 1' }), /option cookie\.legacy\.path/],
    [
      'a header in the domain of the legacy cookie',
      withLegacy({ domain: 'a.com; Secure' }),
      /option cookie\.legacy\.domain/,
    ],
    ['an unknown option of the legacy cookie', withLegacy({ maxAge: 1 }), /option cookie\.legacy: .*"maxAge"/],
    [
      'remember without idleTimeoutMs',
      { store, initialData, remember: { absoluteTimeoutMs: 9 } },
      /remember\.idleTimeoutMs .*undefined/,
    ],
    ['an unknown cacheControl', { store, initialData, cacheControl: 'public' }, /cacheControl .*'no-store' or/],
    ['an unknown onConflict', { store, initialData, onConflict: 'merge' }, /onConflict .*'overwrite' or/],
    ['a store that cannot compare', { store: plain, initialData, onConflict: 'reject' }, /updateIfUnchanged.* plain /],
    ['a limit without a policy', { store, initialData, maxSessionsPerUser: { count: 3 } }, /\.policy .*undefined/],
    ['a limit of 0', { store, initialData, maxSessionsPerUser: { count: 0, policy: 'reject' } }, /\.count .*number 0/],
    ['a store that cannot list', { store: plain, initialData, maxSessionsPerUser: limit }, /lists sessions.* plain /],
    ['a schema that is none', { store, initialData, schema: { parse() {} } }, /option schema .*Standard Schema/],
    ['migrateData, no function', { store, initialData, migrateData: {} }, /option migrateData .*object/],
    ['onRejection, no function', { store, initialData, onRejection: [] }, /option onRejection .*array/],
    ['none without Secure', { store, initialData, cookie: { name: 'a', secure: false, sameSite: 'none' } }, /none/],
  ])('%s', (_, options, message) => {
    expect(() => create(options)).toThrow(TypeError)
    expect(() => create(options)).toThrow(message)
  })
})

it('treats an option that is undefined as omitted', () => {
  const cookie = { name: undefined, domain: undefined, persistent: undefined, secure: undefined, sameSite: undefined }
  create({
    store,
    initialData,
    idleTimeoutMs: undefined,
    absoluteTimeoutMs: undefined,
    touchIntervalMs: undefined,
    cookie,
  })
  create({
    store,
    initialData,
    cookie: undefined,
    remember: undefined,
    cacheControl: undefined,
    onConflict: undefined,
  })
  const hooks = { schema: undefined, migrateData: undefined, onRejection: undefined }
  create({ store, initialData, maxSessionsPerUser: undefined, ...hooks })
})
