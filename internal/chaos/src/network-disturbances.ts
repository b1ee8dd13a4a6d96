import { setTimeout as sleep } from 'node:timers/promises'
import type { Proxy } from '@bext-internal/test-services'
import { timeoutMs, type Disturbance } from './scenario.js'

/** Breaks the connections through the proxy, as the crash of a peer does. */
export function resetConnections(proxy: Proxy): Disturbance {
  return {
    name: 'connections reset',
    async run() {
      proxy.reset()
    },
  }
}

/** Holds back all data for up to twice the deadline of a call. */
export function stallNetwork(proxy: Proxy): Disturbance {
  return {
    name: 'network stalled',
    async run(random) {
      proxy.stall()
      await sleep(random.below(2 * timeoutMs))
      proxy.release()
    },
  }
}
