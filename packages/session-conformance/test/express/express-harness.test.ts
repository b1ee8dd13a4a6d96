import { describe, expect, it } from 'vitest'
import { expressHarness, expressProtocolLimits } from '../../src/express.js'
import { cases, runConformance, startRun } from '../../src/index.js'
import { MapStore } from './map-store.js'

const stores = new Map<string, MapStore>()

const harness = expressHarness({
  name: 'map',
  open({ namespace }) {
    const store = stores.get(namespace) ?? new MapStore()
    stores.set(namespace, store)
    return { store }
  },
})

describe('expressHarness', () => {
  it('makes a store that upserts fail only because of that', async () => {
    const report = await runConformance(harness)
    const failed = report.cases.filter(({ verdict }) => !['pass', 'not-applicable', 'unsupported'].includes(verdict))
    expect(failed.map(({ id, verdict }) => `${id}: ${verdict}`)).toEqual([
      'C2-collision: fail',
      'U4-delete-duel: fail',
      'T2-update-duel: fail',
    ])
  })

  it('declares the limits of the protocol as cases of the kit', () => {
    expect(harness).toMatchObject({ name: 'map', family: 'server', protocolLimits: expressProtocolLimits })
    const ids = new Set(cases.map(({ id }) => id))
    expect(expressProtocolLimits.flatMap((limit) => limit.cases).filter((id) => !ids.has(id))).toEqual([])
  })

  it('blames the protocol only for the cases of its limits', async () => {
    class Lasting extends MapStore {
      override set(...[sid, session, callback]: Parameters<MapStore['set']>): void {
        const expires = new Date(new Date(session.cookie.expires ?? 0).getTime() + 60_000)
        super.set(sid, { ...session, cookie: { ...session.cookie, expires } }, callback)
      }
    }
    const lasting = expressHarness({ name: 'lasting', open: () => ({ store: new Lasting() }) })
    for (const id of ['C5-times', 'C5-mixed', 'U1-data-only']) {
      const each = cases.find((other) => other.id === id)
      const result = each && (await startRun(lasting).runCase(each))
      expect(result, id).toMatchObject({ verdict: 'fail' })
      expect(result?.note ?? '').not.toContain('protocol')
    }
  })

  it('has the given properties, and closes what it opened', async () => {
    let closed = 0
    const own = expressHarness({
      name: 'own',
      declarations: { clockSkewMs: 5 },
      endpoint: { host: '127.0.0.1', port: 1 },
      open: () => ({ store: new MapStore(), close: async () => void (closed += 1) }),
    })
    expect(own.declarations).toEqual({ fidelity: 'value', clockSkewMs: 5 })
    expect(own.endpoint).toEqual({ host: '127.0.0.1', port: 1 })
    const opened = await own.open({ namespace: 'n' })
    expect(opened.store.name).toBe('own')
    await opened.close?.()
    expect(closed).toBe(1)
  })
})
