// Runs on each runtime, in a process started by the kit.
import type { StoreHarness } from '@bext/session-conformance'
import { redisSessions } from '@bext/session-redis'

const url = process.env['SERVER_URL'] ?? ''

const harness: StoreHarness = {
  name: 'redis with its own connection',
  family: 'server',
  open: ({ namespace }) => ({ store: redisSessions({ url, prefix: `${namespace}:` }) }),
}

export default harness
