import { HarnessError } from '../runner/failure.js'
import type { BackendConditions, EndCondition } from '../runner/harness.js'
import type { ProcessChannel } from './process-channel.js'

const switches = ['fill', 'hold', 'delayExpiry'] as const

/** The conditions that a process can create: the names of its ways to forbid calls, and whether it has the others. */
export type NamedConditions = Readonly<Partial<Record<(typeof switches)[number], boolean>>> & {
  readonly forbid?: readonly string[]
}

/** Returns the conditions in the answer to `hello`. Throws a `HarnessError` if they are not of the protocol. */
export function checkConditions(given: unknown): NamedConditions {
  const { forbid = [], ...others } = Object(given) as Readonly<Record<string, unknown>>
  const known: readonly string[] = switches
  const areNames = Array.isArray(forbid) && forbid.every((way) => typeof way === 'string')
  const areSwitches = Object.entries(others).every(
    ([name, value]) => known.includes(name) && typeof value === 'boolean',
  )
  if (areNames && areSwitches) return { forbid, ...others }
  throw new HarnessError(
    `The conditions in the answer to hello must be an object with a list of names as forbid, and true or false as ${switches.join(', ')}.`,
  )
}

/** Makes conditions that the process begins and ends. */
export function processConditions(
  channel: ProcessChannel,
  { forbid = [], fill, hold, delayExpiry }: NamedConditions,
): BackendConditions {
  let conditions = 0

  async function begin(kind: string, params: Readonly<Record<string, unknown>>): Promise<EndCondition> {
    conditions += 1
    const condition = conditions
    await channel.order('begin', { condition, kind, ...params })
    return async () => void (await channel.order('end', { condition }))
  }

  const ways = forbid.map((way) => [way, (namespace: string) => begin('forbid', { namespace, way })] as const)
  return {
    ...(ways.length > 0 ? { forbid: Object.fromEntries(ways) } : {}),
    ...(fill ? { fill: (namespace) => begin('fill', { namespace }) } : {}),
    ...(hold ? { hold: (namespace, sessionIds) => begin('hold', { namespace, sessionIds }) } : {}),
    ...(delayExpiry
      ? { delayExpiry: (namespace, sessionId, byMs) => begin('delayExpiry', { namespace, sessionId, byMs }) }
      : {}),
  }
}
