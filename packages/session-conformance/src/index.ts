export { applicableCases, cases } from './cases/index.js'
export type { ConformanceCase, Level, Need } from './runner/case.js'
export type { CaseContext } from './runner/case-context.js'
export { kitVersion, runConformance } from './report/create-report.js'
export { formatResult } from './report/format.js'
export { formatJunit } from './report/junit.js'
export { formatMarkdown } from './report/markdown.js'
export { formatTap } from './report/tap.js'
export { formatText } from './report/text.js'
export type {
  BackendConditions,
  EndCondition,
  Endpoint,
  OpenedStore,
  OpenOptions,
  ProtocolLimit,
  StoreCapability,
  StoreDeclarations,
  StoreFamily,
  StoreHarness,
  StoreModule,
} from './runner/harness.js'
export type { ProfileName } from './runner/profiles.js'
export type { Outcome, Report, ReportCase, UnhandledError } from './report/report.js'
export type { CaseResult, Run, RunOptions, Verdict } from './runner/run.js'
export { runAll, startRun } from './runner/run.js'
