export { cases } from './cases/index.js'
export type { ConformanceCase, Level, Need } from './lib/case.js'
export type { CaseContext, MadeSession } from './lib/context.js'
export { formatResult } from './lib/format.js'
export type {
  Endpoint,
  OpenedStore,
  OpenOptions,
  StoreCapability,
  StoreDeclarations,
  StoreFamily,
  StoreHarness,
} from './lib/harness.js'
export type { CaseResult, Run, RunOptions, Verdict } from './lib/run.js'
export { applicableCases, runConformance, startRun } from './lib/run.js'
