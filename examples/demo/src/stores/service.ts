import type { RunningService } from '@bext-internal/test-services'
import { UserError } from '../user-error.js'

/** Starts a server. Rejects with a failure that says which one, where it was looked for, and what to do. */
export async function startOrReport(start: () => Promise<RunningService>): Promise<RunningService> {
  try {
    return await start()
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error))
  }
}
