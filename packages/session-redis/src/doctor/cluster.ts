import type { RedisNode } from './node.js'
import { note, ok, problem, type Finding } from '@bext/session-core/doctor'

const allSlots = 16_384

function lineOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1]
}

/** A line of CLUSTER NODES: id, address, flags, master, ping, pong, epoch, link and the slots. */
function parseNode(line: string): { id: string; flags: readonly string[]; master: string; hasSlots: boolean } {
  const [id = '', , flags = '', master = '', , , , , ...slots] = line.trim().split(' ')
  return { id, flags: flags.split(','), master, hasSlots: slots.length > 0 }
}

export async function examineCluster(node: RedisNode): Promise<Finding[]> {
  const info = String(await node.call('CLUSTER', 'INFO'))
  const nodes = String(await node.call('CLUSTER', 'NODES'))
    .trim()
    .split('\n')
  const state = lineOf(info, 'cluster_state')
  const covered = Number(lineOf(info, 'cluster_slots_ok'))
  const rows = nodes.map(parseNode)
  const masters = rows.filter(({ flags, hasSlots }) => flags.includes('master') && hasSlots)
  const lonely = masters.filter(({ id }) => !rows.some(({ master, flags }) => master === id && !flags.includes('fail')))
  const found = `cluster_state is ${state}, ${covered} of ${allSlots} slots are served`
  const why = 'Sessions of slots that nobody serves cannot be reached.'
  const findings = [
    state === 'ok' && covered === allSlots
      ? ok('Cluster', found)
      : problem('Cluster', found, why, 'Look at CLUSTER NODES for what has failed, and repair it.'),
  ]
  if (lonely.length > 0) {
    const risk = 'If one of them fails, its sessions are gone until it is back.'
    findings.push(note('replicas', `${lonely.length} masters have no replica`, risk, 'Give each master a replica.'))
  }
  return findings
}
