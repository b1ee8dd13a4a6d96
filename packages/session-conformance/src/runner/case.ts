import type { CaseContext } from './case-context.js'
import type { BackendConditions, StoreCapability, StoreFamily, StoreHarness } from './harness.js'

export type Level = 'MUST' | 'SHOULD' | 'MAY'

/** The optional interfaces, by which a store declares what it has. */
const storeCapabilities: readonly StoreCapability[] = ['user-index', 'sweep', 'close', 'compare']

/** What a case cannot do without: an optional interface, or something that the harness gives. */
export type Need =
  | StoreCapability
  | keyof BackendConditions
  | 'endpoint'
  | 'inspect'
  | 'shared-backend'
  | 'other-secret'
  | 'module'
  | 'revocation'

/** What a store may lack without owing the kit anything: what needs it is not applicable then. */
export const optionalNeeds: readonly Need[] = [...storeCapabilities, 'revocation']

/** One thing that a store is asked to do, as data. */
export interface ConformanceCase {
  /** Stable, and begins with the rule: `U3-update-unknown`. */
  readonly id: string
  /** The rule of the contract that it checks. */
  readonly rule: string
  readonly level: Level
  /** What a right store does, in one line. */
  readonly title: string
  readonly families: readonly StoreFamily[]
  readonly needs: readonly Need[]
  /** Changes this process' clock or randomness, or fills the backend, so nothing else may run beside it. */
  readonly exclusive: boolean
  run(context: CaseContext): Promise<void>
}

export interface CaseOptions {
  readonly families?: readonly StoreFamily[]
  readonly needs?: readonly Need[]
  readonly level?: Level
  readonly exclusive?: boolean
}

/** A case; its rule is the part of its id before the first dash. */
export function defineCase(
  id: string,
  title: string,
  run: (context: CaseContext) => Promise<void>,
  { families = ['server', 'client'], needs = [], level = 'MUST', exclusive = false }: CaseOptions = {},
): ConformanceCase {
  const rule = id.slice(0, id.indexOf('-'))
  return { id, rule, level, title, families, needs, exclusive, run }
}

/** What the case needs and the harness does not give. */
export function missingNeeds(harness: StoreHarness, { needs }: ConformanceCase): readonly Need[] {
  const given: Readonly<Record<Need, boolean>> = {
    'user-index': harness.capabilities?.includes('user-index') ?? false,
    sweep: harness.capabilities?.includes('sweep') ?? false,
    close: harness.capabilities?.includes('close') ?? false,
    compare: harness.capabilities?.includes('compare') ?? false,
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
