import { note, skipped, problem, type Finding } from '@bext/session-core/doctor'
import { refusalOf } from './ask.js'

/** Resolves to what a check finds, or to why it could not be made. */
export async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    const code = refusalOf(error)
    if (code === undefined) {
      return [problem(subject, skipped, 'The server did not answer in time, or not at all.', 'Look at its log.')]
    }
    const why = `The server refuses a statement of this role, by SQLSTATE ${code}.`
    return [note(subject, skipped, why, 'Ask again as a role with more rights.')]
  }
}
