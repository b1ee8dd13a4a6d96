import { clockMarginMs } from '../user-index/index-keys.js'
import type { RedisNode } from './ask.js'
import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'

const harmlessMs = 1000

/** Measures server time minus local time, in milliseconds. The error is at most half a round trip. */
async function measureOffsetMs(node: RedisNode): Promise<number> {
  const sentAtMs = Date.now()
  const [seconds, microseconds] = (await node.call('TIME')) as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - (sentAtMs + Date.now()) / 2
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

export async function examineClocks(nodes: readonly RedisNode[]): Promise<Finding[]> {
  const offsets = await Promise.all(nodes.map(measureOffsetMs))
  const skewMs = Math.max(...offsets.map(Math.abs))
  const spreadMs = Math.max(...offsets) - Math.min(...offsets)
  const findings: Finding[] = []
  if (skewMs <= harmlessMs) {
    findings.push(ok('clock', `the server's clock and this machine's differ by ${formatSeconds(skewMs)}`))
  } else {
    const why = "Sessions still expire on time, by the server's clock. Here createdAtMs and expiresAtMs look wrong."
    findings.push(
      warning(
        'clock',
        `the server's clock and this machine's differ by ${formatSeconds(skewMs)}`,
        why,
        'Synchronise both clocks with NTP.',
      ),
    )
  }
  if (nodes.length === 1) return findings
  const found = `the clocks of the Cluster's nodes differ by ${formatSeconds(spreadMs)}`
  const advice = "Synchronise the nodes' clocks with NTP."
  if (spreadMs <= harmlessMs) findings.push(ok('clocks of nodes', found))
  else if (spreadMs > clockMarginMs) {
    const why =
      'An entry of a user index may expire before its session. "Sign out everywhere" then misses that session.'
    findings.push(problem('clocks of nodes', found, why, advice))
  } else {
    const why = 'A write that was reported as failed may still take effect within this time.'
    findings.push(warning('clocks of nodes', found, why, advice))
  }
  return findings
}
