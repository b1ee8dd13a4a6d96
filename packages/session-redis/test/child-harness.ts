import type { StoreHarness } from '@bext/session-conformance'
import { redisSessions } from '@bext/session-redis'

// Loaded in a process of its own, which knows the server by this module's query.
const url = new URL(import.meta.url).searchParams.get('url') ?? ''

const harness: StoreHarness = {
  name: 'redis with a connection of its own',
  family: 'server',
  open: ({ namespace }) => ({ store: redisSessions({ url, prefix: `${namespace}:` }) }),
}

export default harness
