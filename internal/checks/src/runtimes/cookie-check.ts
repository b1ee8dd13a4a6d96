// Runs on each runtime, from the packed packages. It has no node: imports, because workerd has none.
import type { StoreHarness } from '@bext/session-conformance'
import { runConformance } from '@bext/session-conformance'
import { asSessionId, isSessionError } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { deflate } from '@bext/session-cookie/compression'
import { createRevocation, memoryRevocations } from '@bext/session-cookie/revocation'
import type { CookieInput, CookieOutcome } from './cookie-outcome.js'
import type { Send } from './response-check.js'
import { responseChecks } from './response-check.js'

const dayMs = 86_400_000
const other = { id: 'k2', secret: 'another secret of the runtimes, of forty characters' }

function harnesses(secret: string): readonly StoreHarness[] {
  const first = { id: 'k1', secret }
  const memories = new Map<string, ReturnType<typeof memoryRevocations>>()
  const plain: StoreHarness = {
    name: 'cookie',
    family: 'client',
    declarations: { otherSecret: true },
    open: ({ namespace, secret: which }) => ({
      store: cookieSessions({ secrets: [which === 'other' ? other : first], purpose: namespace }),
    }),
  }
  const revocable: StoreHarness = {
    ...plain,
    name: 'cookie, with revocation',
    declarations: { otherSecret: true, revocation: true },
    open({ namespace, secret: which }) {
      const memory = memories.get(namespace) ?? memoryRevocations()
      memories.set(namespace, memory)
      const revocation = createRevocation({ store: memory, maxTtlMs: 36_525 * dayMs })
      const secrets = [which === 'other' ? other : first]
      return { store: cookieSessions({ secrets, purpose: namespace, revocation }) }
    },
  }
  return [plain, revocable]
}

function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what)
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => 'none',
    (thrown: unknown) => thrown,
  )
  return isSessionError(error) ? `${error.code} ${error.reason}` : String(error)
}

/** Checks of the cookie store beyond the kit, by name. */
function behaviours({ secret, plain, deflated, dataJson }: CookieInput): Readonly<Record<string, () => Promise<void>>> {
  const first = { id: 'k1', secret }
  const store = cookieSessions({ secrets: [first], compression: deflate })
  return {
    async 'opens what Node sealed'() {
      for (const id of [plain, deflated])
        expect((await store.read(asSessionId(id))).dataJson === dataJson, 'other data')
    },
    async 'refuses any one altered character'() {
      for (let at = 0; at < plain.length; at += 1) {
        const altered = plain.slice(0, at) + (plain[at] === 'A' ? 'B' : 'A') + plain.slice(at + 1)
        const code = await codeOf(store.read(asSessionId(altered)))
        expect(code.startsWith('Invalid'), `character ${at}: ${code}`)
      }
    },
    async 'changes its secret without ending sessions'() {
      const during = cookieSessions({ secrets: [other, first], compression: deflate })
      const id = asSessionId(plain)
      expect(during.needsReseal(id), 'it needs to be resealed')
      const resealed = await during.update(id, dataJson)
      expect(!during.needsReseal(resealed), 'it was resealed')
      const after = cookieSessions({ secrets: [other], compression: deflate })
      expect((await after.read(resealed)).dataJson === dataJson, 'other data')
      expect((await codeOf(store.read(resealed))) === 'Invalid unknown_key', 'the first secret does not open it')
    },
    async 'says what fits'() {
      const code = await codeOf(store.create({ dataJson: JSON.stringify(randomText(6000)), ttlMs: 1000 }))
      expect(code === 'Invalid too_large', code)
    },
    async 'keeps purposes apart'() {
      const invites = cookieSessions({ secrets: [first], purpose: 'invite' })
      expect((await codeOf(invites.read(asSessionId(plain)))) === 'Invalid tampered', 'it opened')
    },
  }
}

function randomText(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 36).toString(36)).join('')
}

/** Runs all checks. Resolves to the outcome. */
export async function check(input: CookieInput, send: Send): Promise<CookieOutcome> {
  const failed: string[] = []
  const passed = { kit: 0, revocation: 0, own: 0 }
  const [plain, revocable] = harnesses(input.secret)
  for (const [group, harness] of [
    ['kit', plain],
    ['revocation', revocable],
  ] as const) {
    if (!harness) continue
    const report = await runConformance(harness, { seed: 7 })
    for (const { id, verdict, seen, note } of report.cases) {
      if (verdict === 'not-applicable' || verdict === 'unsupported') continue
      if (verdict === 'pass') passed[group] += 1
      else failed.push(`${harness.name}: ${id} ${verdict} ${seen ?? note ?? ''}`)
    }
  }
  for (const [name, work] of Object.entries({ ...behaviours(input), ...responseChecks(send) })) {
    try {
      await work()
      passed.own += 1
    } catch (error) {
      failed.push(`${name}: ${String(error)}`)
    }
  }
  const store = cookieSessions({ secrets: [{ id: 'k1', secret: input.secret }], compression: deflate })
  const { dataJson } = input
  return { passed, failed, sealed: await store.create({ userId: 'ada', dataJson, ttlMs: dayMs }) }
}
