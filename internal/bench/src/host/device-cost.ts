import { randomBytes } from 'node:crypto'
import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { deviceBinding } from '@bext/session-device'
import { quartilesOf } from '../measure/statistics.js'
import type { Quartiles } from '../measure/figure.js'

/** CPU time of one request that opens its session and changes nothing, in microseconds, over the memory store. */
export interface DeviceCost {
  /** Without the option `device`. */
  readonly withoutOption: Quartiles
  /** With the option, of a session that was never bound: a second look-up. */
  readonly unbound: Quartiles
  /** With the option, of a bound session whose bound cookie this process has verified before. */
  readonly bound: Quartiles
  /** With the option, of a bound session whose bound cookie has to be verified. */
  readonly boundFirst: Quartiles
}

type Sessions = SessionManager<object>

const origin = 'https://app.example.com'
const requestsPerRound = 20_000
// The package keeps the results of fewer checks than `manySessions`, and of more than `fewSessions`.
const fewSessions = 1000
const manySessions = 5000
const rounds = 9
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

function pairsOf(setCookies: readonly string[]): string[] {
  return setCookies.map((setCookie) => setCookie.split(';')[0] ?? '')
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function signIn(sessions: Sessions): Promise<{ cookie: string; challenge: string }> {
  const session = await sessions.open(null)
  session.signIn('user')
  const [cookie = ''] = pairsOf(await session.commit())
  const [, challenge = ''] = /challenge="([^"]*)"/.exec(session.responseHeaders[0]?.[1] ?? '') ?? []
  return { cookie, challenge }
}

type Keys = Awaited<ReturnType<typeof generateKeys>>

function generateKeys() {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** Signs in and registers a key, as a browser does. Resolves to both cookies. */
async function bind(sessions: Sessions, { publicKey, privateKey }: Keys): Promise<string> {
  const { cookie, challenge } = await signIn(sessions)
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const text = `${encode({ alg: 'ES256', typ: 'dbsc+jwt', jwk: { kty, crv, x, y } })}.${encode({ jti: challenge })}`
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(text))
  const proof = `${text}.${Buffer.from(signature).toString('base64url')}`
  const headers = { cookie, origin, 'secure-session-response': proof }
  const answer = await sessions.handleDevice(
    new Request(`${origin}/session-device/register`, { method: 'POST', headers }),
  )
  const [bound] = pairsOf(answer?.headers.getSetCookie() ?? [])
  if (bound === undefined) throw new Error(`The registration was answered by ${answer?.status}.`)
  return `${cookie}; ${bound}`
}

/** Measures requests of all visitors in turns. */
async function cpuMicrosOf(
  sessions: Sessions,
  cookies: readonly string[],
  device: string | undefined,
): Promise<number> {
  const before = process.cpuUsage()
  for (let request = 0; request < requestsPerRound; request += 1) {
    const session = await sessions.open(cookies[request % cookies.length])
    if (session.userId !== 'user' || session.device !== device) throw new Error(`The session is ${session.device}.`)
    await session.commit()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requestsPerRound
}

function initialData(): object {
  return {}
}

/** Measures all of them in turns. The first round warms up. */
export async function measureDeviceCost(): Promise<DeviceCost> {
  const store = memorySessions()
  const plain = createSessionManager({ store, initialData })
  const device = deviceBinding({ secrets: [{ id: 'k1', secret: randomBytes(32) }], origins: [origin] })
  const binding = createSessionManager({ store, initialData, device })
  const keys = await generateKeys()
  const unbound: string[] = []
  const bound: string[] = []
  for (let count = 0; count < manySessions; count += 1) {
    if (count < fewSessions) unbound.push((await signIn(binding)).cookie)
    bound.push(await bind(binding, keys))
  }
  const seen = bound.slice(0, fewSessions)
  const samples: Record<keyof DeviceCost, number[]> = { withoutOption: [], unbound: [], bound: [], boundFirst: [] }
  for (let round = 0; round <= rounds; round += 1) {
    const sample = {
      withoutOption: await cpuMicrosOf(plain, unbound, undefined),
      unbound: await cpuMicrosOf(binding, unbound, 'unbound'),
      bound: await cpuMicrosOf(binding, seen, 'bound'),
      boundFirst: await cpuMicrosOf(binding, bound, 'bound'),
    }
    if (round === 0) continue
    for (const key of Object.keys(samples) as (keyof DeviceCost)[]) samples[key].push(sample[key])
  }
  return {
    withoutOption: quartilesOf(samples.withoutOption),
    unbound: quartilesOf(samples.unbound),
    bound: quartilesOf(samples.bound),
    boundFirst: quartilesOf(samples.boundFirst),
  }
}
