import type { SessionPlugin } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { createLane, type Lane, type NameOf } from './lane.js'

type Pair<T> = readonly [first: T, second: T]

/** Two pieces of work over one store, set up and not started. */
export interface Race {
  readonly work: Pair<() => Promise<unknown>>
  readonly nameOf: NameOf
  /** Checks the state after both have ended. */
  check(): Promise<void>
}

/** The orders in which two pieces of work ran. */
export interface Orders {
  readonly count: number
  /** Names of the calls that one made while the other waited, without duplicates. */
  readonly moments: Pair<readonly string[]>
}

/** Decisions of a search by depth. */
interface Decisions {
  /** Returns the next decision of this run. */
  next(): 0 | 1
  /** Prepares the next run. Returns false if every run was made. */
  advance(): boolean
}

function createDecisions(): Decisions {
  let path: (0 | 1)[] = []
  let depth = 0
  return {
    next() {
      const decision = (path[depth] ??= 0)
      depth += 1
      return decision
    },
    advance() {
      path = path.slice(0, depth)
      depth = 0
      while (path.at(-1) === 1) path.pop()
      if (path.length === 0) return false
      path[path.length - 1] = 1
      return true
    },
  }
}

/** Runs both lanes to their ends. Adds to `moments` the calls that had a choice. Resolves to the order of the calls. */
async function runOrder(lanes: Pair<Lane>, decisions: Decisions, moments: Pair<Set<string>>): Promise<string> {
  const order: string[] = []
  for (;;) {
    const [first, second] = [await lanes[0].waits(), await lanes[1].waits()]
    if (!first && !second) return order.join('\n')
    const isChoice = first && second
    const which = isChoice ? decisions.next() : first ? 0 : 1
    const name = lanes[which].step()
    if (isChoice) moments[which].add(name)
    order.push(`${which === 0 ? 'first' : 'second'}: ${name}`)
  }
}

/**
 * Runs two pieces of work in every order of the calls that `nameOf` names. `create` sets up one run over the stores of both,
 * which are one store. An error says in which order it occurred.
 */
export async function interleave(create: (stores: Pair<SessionPlugin>) => Promise<Race>): Promise<Orders> {
  const moments: Pair<Set<string>> = [new Set(), new Set()]
  const decisions = createDecisions()
  let count = 0
  do {
    const inner = memorySessions()
    let race: Race | undefined
    const nameOf: NameOf = (method, id) => race?.nameOf(method, id)
    const lanes: Pair<Lane> = [createLane(inner, nameOf), createLane(inner, nameOf)]
    race = await create([lanes[0].store, lanes[1].store])
    lanes[0].start(race.work[0])
    lanes[1].start(race.work[1])
    const order = await runOrder(lanes, decisions, moments)
    try {
      await Promise.all(lanes.map((lane) => lane.ended()))
      await race.check()
    } catch (cause) {
      throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\nOrder:\n${order}`, { cause })
    }
    count += 1
  } while (decisions.advance())
  return { count, moments: [Array.from(moments[0]).toSorted(), Array.from(moments[1]).toSorted()] }
}
