import type { CaseContext } from './case-context.js'
import type { BackendConditions, StoreCapability, StoreFamily, StoreHarness } from './harness.js'
import { storeCapabilities } from './harness.js'

export type Level = 'MUST' | 'SHOULD' | 'MAY'

/** A requirement of a case: an optional interface, or a part of the harness. */
export type Need =
  | StoreCapability
  | keyof BackendConditions
  | 'endpoint'
  | 'inspect'
  | 'shared-backend'
  | 'other-secret'
  | 'module'
  | 'revocation'

/** Needs that a store may lack. The cases that need them are then not applicable. */
export const optionalNeeds: readonly Need[] = [...storeCapabilities, 'revocation']

/** One check of one rule, as data. */
export interface ConformanceCase {
  /** A stable id that begins with the rule: `U3-update-unknown`. */
  readonly id: string
  /** The rule of the contract that the case checks. */
  readonly rule: string
  readonly level: Level
  /** The behaviour of a correct store, in one line. */
  readonly title: string
  readonly families: readonly StoreFamily[]
  readonly needs: readonly Need[]
  /** True if the case changes this process's clock or randomness, or fills the backend. It must run alone. */
  readonly exclusive: boolean
  /** True if the case changes this process's clock or randomness, so that the store must run in this process. */
  readonly sameProcess: boolean
  run(context: CaseContext): Promise<void>
}

export interface CaseOptions {
  readonly families?: readonly StoreFamily[]
  readonly needs?: readonly Need[]
  readonly level?: Level
  readonly exclusive?: boolean
  readonly sameProcess?: boolean
}

/** Defines a case. Its rule is the part of its id before the first dash. */
export function defineCase(
  id: string,
  title: string,
  run: (context: CaseContext) => Promise<void>,
  {
    families = ['server', 'client'],
    needs = [],
    level = 'MUST',
    exclusive = false,
    sameProcess = false,
  }: CaseOptions = {},
): ConformanceCase {
  const rule = id.slice(0, id.indexOf('-'))
  return { id, rule, level, title, families, needs, exclusive, sameProcess, run }
}

/** Returns the needs of the case that the harness does not provide. */
export function missingNeeds(harness: StoreHarness, { needs }: ConformanceCase): readonly Need[] {
  const given: Readonly<Record<Need, boolean>> = {
    'user-index': harness.capabilities?.includes('user-index') ?? false,
    sweep: harness.capabilities?.includes('sweep') ?? false,
    close: harness.capabilities?.includes('close') ?? false,
    compare: harness.capabilities?.includes('compare') ?? false,
    'user-records': harness.capabilities?.includes('user-records') ?? false,
    'given-id': harness.capabilities?.includes('given-id') ?? false,
    endpoint: harness.endpoint !== undefined,
    inspect: harness.inspect !== undefined,
    'shared-backend': harness.declarations?.sharedBackend ?? true,
    'other-secret': harness.declarations?.otherSecret ?? false,
    module: harness.module !== undefined,
    revocation: harness.declarations?.revocation ?? false,
    forbid: Object.keys(harness.conditions?.forbid ?? {}).length > 0,
    fill: harness.conditions?.fill !== undefined,
    hold: harness.conditions?.hold !== undefined,
    delayExpiry: harness.conditions?.delayExpiry !== undefined,
  }
  return needs.filter((need) => !given[need])
}
