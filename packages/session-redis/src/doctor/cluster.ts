import type { RedisNode } from './ask.js'
import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'

const allSlots = 16_384

function fieldOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1]
}

/** Parses a line of CLUSTER NODES: id, address, flags, master, ping, pong, epoch, link and slots. */
function parseNode(line: string): { id: string; flags: readonly string[]; master: string; hasSlots: boolean } {
  const [id = '', , flags = '', master = '', , , , , ...slots] = line.trim().split(' ')
  return { id, flags: flags.split(','), master, hasSlots: slots.length > 0 }
}

export async function examineCluster(node: RedisNode): Promise<Finding[]> {
  const info = String(await node.call('CLUSTER', 'INFO'))
  const nodes = String(await node.call('CLUSTER', 'NODES'))
    .trim()
    .split('\n')
  const state = fieldOf(info, 'cluster_state')
  const covered = Number(fieldOf(info, 'cluster_slots_ok'))
  const rows = nodes.map(parseNode)
  const masters = rows.filter(({ flags, hasSlots }) => flags.includes('master') && hasSlots)
  const withoutReplica = masters.filter(
    ({ id }) => !rows.some(({ master, flags }) => master === id && !flags.includes('fail')),
  )
  const found = `cluster_state is ${state}, ${covered} of ${allSlots} slots are served`
  const why = 'Sessions in slots that no node serves cannot be reached.'
  const findings = [
    state === 'ok' && covered === allSlots
      ? ok('Cluster', found)
      : problem('Cluster', found, why, 'Find the failed nodes in CLUSTER NODES, and repair them.'),
  ]
  if (withoutReplica.length > 0) {
    const risk = 'If one of these masters fails, its sessions are unavailable until it is back.'
    findings.push(
      warning('replicas', `${withoutReplica.length} masters have no replica`, risk, 'Add a replica to each master.'),
    )
  }
  return findings
}
