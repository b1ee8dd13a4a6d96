import { rejectUnknownOptions } from '@bext/session-core/store-helpers'
import type { BackendConditions, StoreDeclarations, StoreHarness } from './harness.js'

// Objects and not lists, so that the compiler finds a missing name.
const fields: Readonly<Record<keyof StoreHarness, true>> = {
  name: true,
  family: true,
  capabilities: true,
  declarations: true,
  versions: true,
  endpoint: true,
  open: true,
  inspect: true,
  conditions: true,
  module: true,
  otherProcess: true,
  protocolLimits: true,
}

const declarations: Readonly<Record<keyof StoreDeclarations, true>> = {
  fidelity: true,
  malformedIds: true,
  clockSkewMs: true,
  granularityMs: true,
  maxDataBytes: true,
  sharedBackend: true,
  otherSecret: true,
  revocation: true,
}

const conditions: Readonly<Record<keyof BackendConditions, true>> = {
  forbid: true,
  fill: true,
  hold: true,
  delayExpiry: true,
}

/** Throws a `TypeError` if the harness has a field that does not exist, because the kit would ignore it. */
export function checkHarnessFields(harness: StoreHarness): void {
  rejectUnknownOptions('harness', harness, Object.keys(fields))
  rejectUnknownOptions('harness.declarations', harness.declarations ?? {}, Object.keys(declarations))
  rejectUnknownOptions('harness.conditions', harness.conditions ?? {}, Object.keys(conditions))
}
