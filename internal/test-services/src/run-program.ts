import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from './service.js'
import { findProgram } from './executables.js'
import type { Environment } from './environment.js'

/** Runs a program of PATH to its end. Resolves to its output. Rejects with its error output if it fails. */
export async function runProgram(
  name: string,
  args: readonly string[],
  cwd: string,
  environment: Environment,
): Promise<string> {
  const file = findProgram(name, environment)
  try {
    // Node options of this process, such as a loader, must not apply to npm.
    const env = { ...environment.env, NODE_OPTIONS: '', LC_ALL: 'C' }
    const { stdout } = await promisify(execFile)(file, args, { cwd, env, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    throw new Error(`${name} ${args[0]} failed: ${messageOf(error).trim()}`, { cause: error })
  }
}
