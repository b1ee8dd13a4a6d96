export type { Doctor, DoctorOutput } from './lib/doctor-command.js'
export { formatFindings, runDoctor, UnreachableError, UsageError } from './lib/doctor-command.js'
export type { Finding } from './lib/finding.js'
export { note, notLookedAt, ok, problem } from './lib/finding.js'
