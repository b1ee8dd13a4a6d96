import { clockMarginMs } from '../user-index/index-keys.js'
import type { RedisNode } from './node.js'
import { note, ok, problem, type Finding } from '@bext/session-core/doctor'

const unremarkableMs = 1000

/** Server time less local time, in milliseconds, by at most half a round trip off. */
async function offsetOf(node: RedisNode): Promise<number> {
  const sentAtMs = Date.now()
  const [seconds, microseconds] = (await node.call('TIME')) as readonly [unknown, unknown]
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - (sentAtMs + Date.now()) / 2
}

function text(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

export async function examineClocks(nodes: readonly RedisNode[]): Promise<Finding[]> {
  const offsets = await Promise.all(nodes.map(offsetOf))
  const skewMs = Math.max(...offsets.map(Math.abs))
  const spreadMs = Math.max(...offsets) - Math.min(...offsets)
  const findings: Finding[] = []
  if (skewMs <= unremarkableMs) {
    findings.push(ok('clock', `the server's clock and this machine's differ by ${text(skewMs)}`))
  } else {
    const why =
      "Sessions live by the server's clock, so they do as they should; but createdAtMs and expiresAtMs look wrong here."
    findings.push(
      note('clock', `the server's clock and this machine's differ by ${text(skewMs)}`, why, 'Keep both by NTP.'),
    )
  }
  if (nodes.length === 1) return findings
  const found = `the clocks of the Cluster's nodes differ by ${text(spreadMs)}`
  const advice = "Keep the nodes' clocks by NTP."
  if (spreadMs <= unremarkableMs) findings.push(ok('clocks of nodes', found))
  else if (spreadMs > clockMarginMs) {
    const why = 'An entry of a user index may end before its session, which sign-out-everywhere then misses.'
    findings.push(problem('clocks of nodes', found, why, advice))
  } else {
    const why = 'A write that was reported as failed can take effect late by as much.'
    findings.push(note('clocks of nodes', found, why, advice))
  }
  return findings
}
