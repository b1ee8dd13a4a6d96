export { cases } from './cases/index.js'
export type { ConformanceCase, Level, Need } from './lib/case.js'
export type { CaseContext, MadeSession } from './lib/case-context.js'
export type { ReportOptions } from './lib/create-report.js'
export { createReport, reportConformance } from './lib/create-report.js'
export { formatResult } from './lib/format.js'
export { formatJunit } from './lib/formats/junit.js'
export { formatMarkdown } from './lib/formats/markdown.js'
export { formatTap } from './lib/formats/tap.js'
export { formatText } from './lib/formats/text.js'
export type {
  BackendConditions,
  EndCondition,
  Endpoint,
  OpenedStore,
  OpenOptions,
  StoreCapability,
  StoreDeclarations,
  StoreFamily,
  StoreHarness,
} from './lib/harness.js'
export type { ProfileName } from './lib/profiles.js'
export { profileOf, profileTitles } from './lib/profiles.js'
export type { Outcome, Report, ReportCase, Stray } from './lib/report.js'
export type { CaseResult, Run, RunOptions, Verdict } from './lib/run.js'
export { applicableCases, startRun } from './lib/run.js'
export { runConformance } from './lib/run-all.js'
export type { RunAllOptions } from './lib/run-all.js'
export { runAll } from './lib/run-all.js'
export { contractVersion, kitVersion } from './lib/version.js'
