import { runInNewContext } from 'node:vm'
import type { SessionRecord } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { describe, expect, it, vi } from 'vitest'
import { hourMs } from './helpers.js'

const text = 'a secret of more than thirty-two bytes'

/** Creates a session in a store with the secret, and reads it. */
async function roundTrip(secret: string | Uint8Array, sessions = cookieSessions): Promise<SessionRecord> {
  const store = sessions({ secrets: [{ id: 'k1', secret }] })
  return store.read(await store.create({ userId: 'ada', dataJson: '{"a":1}', ttlMs: hourMs }))
}

// In node:vm, and in test environments such as jsdom, Uint8Array is not the one that the runtime's functions return.
describe('bytes of another realm', () => {
  it('are a valid secret, and open an id that the same secret as text has sealed', async () => {
    const bytes = runInNewContext('new Uint8Array(codes)', { codes: [...Buffer.from(text)] }) as Uint8Array
    expect(bytes).not.toBeInstanceOf(Uint8Array)
    expect(await roundTrip(bytes)).toMatchObject({ userId: 'ada', dataJson: '{"a":1}' })
    const [byText, byBytes] = [text, bytes].map((secret) => cookieSessions({ secrets: [{ id: 'k1', secret }] }))
    const id = await byText?.create({ dataJson: '{"a":1}', ttlMs: hourMs })
    expect(id && (await byBytes?.read(id))).toMatchObject({ dataJson: '{"a":1}' })
  })

  it.each(['new Uint16Array(40)', 'new DataView(new ArrayBuffer(40))', 'new ArrayBuffer(40)', 'new Array(40).fill(1)'])(
    'are rejected if they are not a Uint8Array: %s',
    (code) => {
      const secret = runInNewContext(code) as Uint8Array
      expect(() => cookieSessions({ secrets: [{ id: 'k1', secret }] })).toThrow(/secrets\[0\]\.secret must be/)
    },
  )

  // Where the runtime has `toBase64`, as Node 26 does, iron-webcrypto 2.0.0 takes the ArrayBuffer of another realm for a
  // Uint8Array and rejects. So there the WebCrypto build needs the ArrayBuffer of WebCrypto.
  const stubsOf = {
    node: ['Uint8Array', 'ArrayBuffer', 'Error', 'Date'],
    web: ['Uint8Array', ...('toBase64' in Uint8Array.prototype ? [] : ['ArrayBuffer']), 'Error', 'Date'],
  } as const

  it.each(['node', 'web'] as const)('make no difference to the whole store: sealer-%s', async (sealer) => {
    vi.resetModules()
    for (const name of stubsOf[sealer]) vi.stubGlobal(name, runInNewContext(name))
    try {
      if (sealer === 'web') vi.doMock('#sealer', async () => import('../src/seal/sealer-web.js'))
      const { cookieSessions: sessions } = await import('@bext/session-cookie')
      expect(await roundTrip(text, sessions)).toMatchObject({ userId: 'ada', dataJson: '{"a":1}' })
    } finally {
      vi.doUnmock('#sealer')
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })
})
