import { asSessionId, isSessionError } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { createSealer } from '../../src/seal/sealer-node.js'

const secret = { id: 'k1', secret: 'a secret of the fuzzer, of at least 32 characters' }
const store = cookieSessions({ secrets: [secret], maxIdBytes: 1_000_000 })
const sealer = createSealer(secret.id, new TextEncoder().encode(secret.secret), 'session')
const farAwayMs = 4_000_000_000_000

async function isOpened(id: string): Promise<boolean> {
  try {
    const { dataJson, createdAtMs } = await store.read(asSessionId(id))
    if (typeof dataJson !== 'string' || !Number.isSafeInteger(createdAtMs))
      throw new Error('read resolved to something that is not a record.')
    return true
  } catch (error) {
    if (isSessionError(error) && error.code === 'Invalid') return false
    throw error
  }
}

const genuine = Promise.all(
  ['0:', '1'].map((text) => store.create({ userId: text, dataJson: '{"a":1}', ttlMs: farAwayMs / 2 })),
)

/** Called by jazzer.js. After an `s`, the bytes are a payload to seal. After any other byte, they are a token. */
export async function fuzz(data: Buffer): Promise<void> {
  const text = data.toString('latin1', 1)
  if (data.at(0) === 's'.charCodeAt(0)) {
    await isOpened(await (await sealer).seal(text, farAwayMs))
    return
  }
  const [first = '', second = ''] = await genuine
  // The start or the end of a genuine token gets the fuzzer past the check of the form.
  for (const id of [text, first.slice(0, 40) + text, text + second.slice(-60)]) {
    if ((await isOpened(id)) && id !== first && id !== second)
      throw new Error(`An altered token was opened: ${JSON.stringify(id)}`)
  }
}
