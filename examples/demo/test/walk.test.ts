import type { CompareCapability, SessionPlugin, UserIndexCapability } from '@bext/session-core'
import { expect, it } from 'vitest'
import { createReport } from '../walk/report.js'
import { openMemoryStore } from '../src/stores/memory.js'
import type { DemoStore } from '../src/stores/store.js'
import { walkThrough } from '../walk/walk.js'
import { startApp } from './support.js'

function breakStore(
  store: DemoStore,
  broken: Partial<SessionPlugin & UserIndexCapability & CompareCapability>,
): DemoStore {
  return { ...store, plugin: { ...store.plugin, ...broken } }
}

async function walk(store: DemoStore): Promise<readonly string[]> {
  const lines: string[] = []
  const report = createReport((line) => lines.push(line))
  await walkThrough({ store, url: await startApp(store), report, signal: new AbortController().signal })
  return lines
}

it('shows cookies shortened, and what the store holds', async () => {
  const output = (await walk(openMemoryStore())).join('\n')
  expect(output).toMatch(/__Host-session-guest=[\w-]{8}… \(43\); Max-Age=43200; Path=\/; no Domain; HttpOnly; Secure;/)
  expect(output).toMatch(/hash of the id: [\w-]{8}…, created: /)
  expect(output).not.toMatch(/[\w-]{43}/)
})

it('fails on a store that keeps what was ended', async () => {
  const broken = breakStore(openMemoryStore(), { delete: async () => {} })
  await expect(walk(broken)).rejects.toThrow(/Check failed \(memory.*identifies no session/)
})

it('fails on a store that forgets', async () => {
  const broken = breakStore(openMemoryStore(), { updateIfUnchanged: async (id) => ({ outcome: 'updated', id }) })
  await expect(walk(broken)).rejects.toThrow('the counter is kept')
})

it('fails on a store that ends nothing of a user', async () => {
  const broken = breakStore(openMemoryStore(), { endUserSession: async () => {} })
  await expect(walk(broken)).rejects.toThrow('the phone is signed out')
})

it('fails on a store that contains the id', async () => {
  const store = openMemoryStore()
  const ids: string[] = []
  const broken = breakStore(store, {
    async create(options) {
      const id = await store.plugin.create(options)
      ids.push(id)
      return id
    },
  })
  const look = async (): Promise<{ columns: string[]; rows: string[][] }> => ({ columns: ['id'], rows: [ids] })
  await expect(walk({ ...broken, look })).rejects.toThrow('and not the id')
})
