import { readFile } from 'node:fs/promises'
import type { ServiceUrls } from '@bext-internal/test-services'
import { cases, formatResult, startRun } from '@bext/session-conformance'
import { expressProtocolLimits } from '@bext/session-conformance/express'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { findings, knownFailures } from '../src/express/findings.js'
import type { StoreUnderTest } from '../src/express/store-under-test.js'
import type { StoreName } from '../src/express/stores.js'
import { openStore, storeNames } from '../src/express/stores.js'

// Each shows its verdict at any speed; races that may pass are left to the report.
const everywhere = [
  'C2-collision',
  'C6-anonymous',
  'R1-whole',
  'R4-near-miss',
  'U1-data-only',
  'T4-same-id',
  'D2-gone',
  'I1-no-ids-kept',
]
const inProcess = [...everywhere, 'R3-expires', 'U4-delete-duel', 'T1-sets', 'T2-update-duel']
const networked = [
  ...everywhere,
  'C5-one-clock',
  'U4-delete-step',
  'U1-touch-step',
  'T1-sets',
  'T3-delete-step',
  'E2-reset',
  'H1-down',
]

const chosen = {
  MemoryStore: inProcess,
  memorystore: inProcess,
  'session-file-store': [...everywhere, 'R3-expires', 'T1-sets'],
  'connect-redis': networked,
  'connect-pg-simple': networked,
  'session-express': [...networked, 'C5-times', 'T2-update-duel', 'R3-expires'].filter((id) => id !== 'C2-collision'),
}

const stores = new Map<StoreName, StoreUnderTest>()

async function check(name: StoreName, isExclusive: boolean): Promise<void> {
  const { harness } = stores.get(name) as StoreUnderTest
  const run = startRun(harness)
  const wanted = cases.filter(({ id, exclusive }) => chosen[name].includes(id) && exclusive === isExclusive)
  for (const each of wanted) {
    const result = await run.runCase(each)
    expect(result.verdict, formatResult(result, run)).toBe(knownFailures(name).has(each.id) ? 'fail' : 'pass')
  }
}

describe('under the kit, a store passes and fails as its report says', () => {
  beforeAll(async () => {
    const servers: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }
    for (const name of storeNames) stores.set(name, await openStore[name](servers))
  })

  afterAll(async () => {
    await Promise.all(Array.from(stores.values(), (store) => store.close()))
  })

  it.concurrent.each(storeNames)('%s', (name) => check(name, false))
  it.each(storeNames)('%s, in cases that must run alone', (name) => check(name, true))
})

describe('the findings', () => {
  it('name cases of the kit', () => {
    const ids = new Set(cases.map(({ id }) => id))
    for (const { cases: named } of findings) for (const id of named) expect(ids).toContain(id)
  })

  it('are of the protocol where its limits are declared', () => {
    const limits = expressProtocolLimits.flatMap((limit) => limit.cases)
    const named = new Set(findings.filter(({ side }) => side === 'protocol').flatMap((finding) => finding.cases))
    expect(limits.filter((id) => !named.has(id))).toEqual([])
  })

  it('are in the report', async () => {
    const report = await readFile(new URL('../../../docs/express-stores.md', import.meta.url), 'utf8')
    for (const { title, text } of findings) {
      expect(report).toContain(`### ${title} (`)
      expect(report).toContain(text)
    }
  })
})
