import { runInNewContext } from 'node:vm'
import type { SessionRecord } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { describe, expect, it, vi } from 'vitest'
import { hourMs } from './support.js'

const text = 'a secret of more than thirty-two bytes'

/** What a store with the secret reads of a session that it has made. */
async function roundTrip(secret: string | Uint8Array, sessions = cookieSessions): Promise<SessionRecord> {
  const store = sessions({ secrets: [{ id: 'k1', secret }] })
  return store.read(await store.create({ userId: 'ada', dataJson: '{"a":1}', ttlMs: hourMs }))
}

// Test environments such as jsdom, and node:vm, have a Uint8Array that is not the one of the runtime's own functions.
describe('bytes of another realm', () => {
  it('are a secret, and open what their text has sealed', async () => {
    const bytes = runInNewContext('new Uint8Array(codes)', { codes: [...Buffer.from(text)] }) as Uint8Array
    expect(bytes).not.toBeInstanceOf(Uint8Array)
    expect(await roundTrip(bytes)).toMatchObject({ userId: 'ada', dataJson: '{"a":1}' })
    const [byText, byBytes] = [text, bytes].map((secret) => cookieSessions({ secrets: [{ id: 'k1', secret }] }))
    const id = await byText?.create({ dataJson: '{"a":1}', ttlMs: hourMs })
    expect(id && (await byBytes?.read(id))).toMatchObject({ dataJson: '{"a":1}' })
  })

  it.each(['new Uint16Array(40)', 'new DataView(new ArrayBuffer(40))', 'new ArrayBuffer(40)', 'new Array(40).fill(1)'])(
    'are no secret if they are no Uint8Array: %s',
    (code) => {
      const secret = runInNewContext(code) as Uint8Array
      expect(() => cookieSessions({ secrets: [{ id: 'k1', secret }] })).toThrow(/secrets\[0\]\.secret must be/)
    },
  )

  it.each(['node', 'web'])('are what the whole store works with: the maker %s', async (maker) => {
    vi.resetModules()
    for (const name of ['Uint8Array', 'ArrayBuffer', 'Error', 'Date']) vi.stubGlobal(name, runInNewContext(name))
    try {
      if (maker === 'web') vi.doMock('#runtime', async () => import('../src/seal/sealer-web.js'))
      const { cookieSessions: sessions } = await import('@bext/session-cookie')
      expect(await roundTrip(text, sessions)).toMatchObject({ userId: 'ada', dataJson: '{"a":1}' })
    } finally {
      vi.doUnmock('#runtime')
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })
})
