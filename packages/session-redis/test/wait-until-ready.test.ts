import { expect, it, vi } from 'vitest'
import type { ClientAdapter } from '../src/client/adapter.js'
import { createWaitUntilReady } from '../src/client/wait-until-ready.js'

it('sets no timer with a negative time, of which Node 24 warns, if the process is busy until the deadline', async () => {
  const deadline = { atMs: performance.now() + 5 }
  const client: Partial<ClientAdapter> = {
    state: () => 'idle',
    listen: () => undefined,
    whyNotReady: () => new Error('It is idle.'),
    connect() {
      while (performance.now() < deadline.atMs + 1);
    },
  }
  const timers = vi.spyOn(globalThis, 'setTimeout')
  await expect(createWaitUntilReady(client as ClientAdapter, 1000)(deadline)).rejects.toMatchObject({ code: 'Backend' })
  expect(timers.mock.calls.map(([, ms = 0]) => ms)).toEqual([0])
  timers.mockRestore()
})
