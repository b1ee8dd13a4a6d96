import { randomBytes } from 'node:crypto'
import secureSession from '@fastify/secure-session'
import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import fastify from 'fastify'
import { sealData, unsealData } from 'iron-session'
import { dataOf } from '../measure/load.js'
import { ttlMs } from '../measure/session.js'
import type { Subject, Suite } from '../measure/suite.js'
import { versionOf } from '../measure/version-of.js'

const ttl = ttlMs / 1000
const sizes = [200, 1000, 3000]

// A browser would not store 3 KB of data, but the benchmark measures only the work.
const maxIdBytes = 8192

/** Parses data. Each subject takes and returns text, and so pays for JSON once in each direction. */
function parse(dataJson: string): object {
  return JSON.parse(dataJson) as object
}

// Samples of subjects that need no thread would last only a few milliseconds.
const callsFactor = (): number => 20

function ironSession(): Subject {
  const password = randomBytes(32).toString('hex')
  const seal = (data: object): Promise<string> => sealData(data, { password, ttl })
  const unseal = (id: string): Promise<object> => unsealData(id, { password, ttl })
  return {
    name: 'iron-session',
    callsFactor: () => 1,
    create: (dataJson) => seal(parse(dataJson)),
    read: unseal,
    async update(id, dataJson) {
      await unseal(id)
      return seal(parse(dataJson))
    },
    touch: async (id) => seal(await unseal(id)),
    async delete() {},
  }
}

async function fastifySecureSession(): Promise<{ readonly subject: Subject; close(): Promise<unknown> }> {
  const app = fastify()
  await app.register(secureSession, { key: randomBytes(32), expiry: ttl })
  await app.ready()
  function seal(dataJson: string): string {
    return app.encodeSecureSession(app.createSecureSession(parse(dataJson)))
  }
  function unseal(id: string): object {
    const session = app.decodeSecureSession(id)
    if (!session) throw new Error('@fastify/secure-session could not open a session that it had sealed.')
    return session
  }
  const subject: Subject = {
    name: '@fastify/secure-session',
    callsFactor,
    create: async (dataJson) => seal(dataJson),
    read: async (id) => unseal(id),
    async update(id, dataJson) {
      unseal(id)
      return seal(dataJson)
    },
    async touch(id) {
      const session = app.decodeSecureSession(id)
      if (!session) throw new Error('@fastify/secure-session could not open a session that it had sealed.')
      return app.encodeSecureSession(session)
    },
    async delete() {},
  }
  return { subject, close: () => app.close() }
}

function ownStore(name: string, open: typeof cookieSessions, factor = (): number => 1): Subject {
  const store = open({ secrets: [{ id: '1', secret: randomBytes(32) }], maxIdBytes })
  return {
    name,
    callsFactor: factor,
    create: (dataJson) => store.create({ dataJson: JSON.stringify(parse(dataJson)), ttlMs }),
    read: async (id) => parse((await store.read(asSessionId(id))).dataJson),
    update: (id, dataJson) => store.update(asSessionId(id), JSON.stringify(parse(dataJson))),
    touch: (id) => store.touch(asSessionId(id), ttlMs),
    async delete() {},
  }
}

/** Resolves to the lengths of an id with that many bytes of data, in characters: when created, and after a touch. */
async function lengthsOf(subject: Subject, bytes: number): Promise<readonly [created: number, touched: number]> {
  const id = await subject.create(dataOf(bytes))
  return [id.length, String(await subject.touch(id)).length]
}

/** Returns a table of the lengths of ids, and their difference over whole blocks of the cipher. */
async function describeSizes(store: Subject, iron: Subject): Promise<string> {
  async function row(bytes: number): Promise<readonly number[]> {
    const [[own, touched], [others]] = [await lengthsOf(store, bytes), await lengthsOf(iron, bytes)]
    return [bytes, own, touched, others, others - own]
  }
  const rows: string[] = []
  for (const bytes of sizes) rows.push(`| ${(await row(bytes)).join(' | ')} |`)
  const fewer: number[] = []
  for (let bytes = 200; bytes < 248; bytes += 1) fewer.push((await row(bytes)).at(-1) ?? 0)
  const mean = fewer.reduce((sum, one) => sum + one, 0) / fewer.length
  return `## Length of an id

In characters, for an anonymous session. The cipher works in blocks of 16 bytes, so the difference changes in steps. For
data of 200 to 247 bytes it is ${Math.min(...fewer)} to ${Math.max(...fewer)}, ${mean.toFixed(1)} on average.

| bytes of data | id after create | id after touch | iron-session | difference |
| --- | --- | --- | --- | --- |
${rows.join('\n')}`
}

export const cookieSuite: Suite = {
  backend: 'cookie',
  usual: {
    ops: ['create', 'read', 'update', 'touch'],
    bytes: sizes,
    inFlight: [1, 64],
    arrivals: ['closed'],
  },
  notes: `No server is involved: the benchmark measures the work of sealing and opening. All contenders take and return the data
as objects.

- iron-session: \`sealData\` and \`unsealData\` with a password, as in its documentation. Its update and touch call both in
  turn, as the store's do. It stores no user and no creation time.
- @fastify/secure-session: \`encodeSecureSession\` and \`decodeSecureSession\`, which use libsodium, native code.
- @bext/session-cookie, by WebCrypto: the store as a bundler compiles it for a runtime without \`node:crypto\`.

Update opens the id and seals the new data. Touch opens the id and seals the same data again.`,

  async open() {
    const web = (await import(new URL('cookie-web.js', import.meta.url).href)) as {
      cookieSessions: typeof cookieSessions
    }
    const secure = await fastifySecureSession()
    const iron = ironSession()
    const store = ownStore('@bext/session-cookie', cookieSessions, callsFactor)
    return {
      others: [iron, secure.subject, ownStore('@bext/session-cookie, by WebCrypto', web.cookieSessions)],
      store,
      findings: () => describeSizes(store, iron),
      versions: {
        'iron-session': versionOf('iron-session'),
        '@fastify/secure-session': versionOf('@fastify/secure-session'),
      },
      async close() {
        await secure.close()
      },
    }
  },
}
