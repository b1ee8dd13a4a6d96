export type { Doctor, DoctorOutput } from './doctor/command.js'
export { formatFindings, runDoctor, UnreachableError, UsageError } from './doctor/command.js'
export type { Finding } from './doctor/finding.js'
export { warning as note, skipped, ok, problem } from './doctor/finding.js'
