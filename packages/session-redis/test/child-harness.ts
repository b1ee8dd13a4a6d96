import type { StoreHarness } from '@bext/session-conformance'
import { redisSessions } from '@bext/session-redis'

// Loaded in a separate process, which gets the server's URL from this module's query. None of its cases tests the
// deadline, and a busy machine is slow to load the driver.
const url = new URL(import.meta.url).searchParams.get('url') ?? ''

const harness: StoreHarness = {
  name: 'redis with its own connection',
  family: 'server',
  open: ({ namespace }) => ({ store: redisSessions({ url, prefix: `${namespace}:`, timeoutMs: 10_000 }) }),
}

export default harness
