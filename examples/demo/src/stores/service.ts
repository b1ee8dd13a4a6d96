import type { RunningService } from '@bext-internal/test-services'
import { UserError } from '../user-error.js'

/**
 * Starts a server. Rejects with a `UserError` that names the server, the routes tried and possible remedies, with `hint`
 * at the end.
 */
export async function startOrReport(start: () => Promise<RunningService>, hint = ''): Promise<RunningService> {
  try {
    return await start()
  } catch (error) {
    throw new UserError((error instanceof Error ? error.message : String(error)) + hint)
  }
}
