import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from './service.js'
import { findProgram } from './executables.js'
import type { Surroundings } from './environment.js'

/** Runs a program of PATH to its end. Resolves to what it printed. Rejects, with its complaints, if it fails. */
export async function runProgram(
  name: string,
  args: readonly string[],
  cwd: string,
  surroundings: Surroundings,
): Promise<string> {
  const file = findProgram(name, surroundings)
  try {
    // Options for the process that asks, such as a loader, are not meant for npm.
    const env = { ...surroundings.env, NODE_OPTIONS: '', LC_ALL: 'C' }
    const { stdout } = await promisify(execFile)(file, args, { cwd, env, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    throw new Error(`${name} ${args[0]} failed: ${messageOf(error).trim()}`, { cause: error })
  }
}
