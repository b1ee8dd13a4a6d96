export type { Doctor, DoctorProcess, StyleText } from './doctor/command.js'
export { doctorOptions, parseDoctorArguments, runDoctor, UnreachableError, UsageError } from './doctor/command.js'
export type { Finding } from './doctor/finding.js'
export { ok, problem, skipped, warning } from './doctor/finding.js'
