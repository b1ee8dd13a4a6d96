import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @typedef {{ code: number, output: string }} Finished */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
/** @type {NodeJS.Signals | undefined} */
let interruption

/** The signal that asked this process to stop; `undefined` if none did. */
export const interruptedBy = () => interruption

/** @param {NodeJS.Signals} signal */
export const exitCodeOf = (signal) => 128 + constants.signals[signal]

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  const again = interruption !== undefined
  interruption = signal
  // Ctrl-C in a terminal reaches the whole process group. A second signal would interrupt the children's clean-up.
  const childrenHaveIt = signal === 'SIGINT' && process.stdin.isTTY && !again
  if (!childrenHaveIt) for (const child of children) child.kill(signal)
  if (children.size === 0) process.exit(exitCodeOf(signal))
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<Finished>}
 */
function start(command, args, options) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    if (!process.listeners(signal).includes(stop)) process.on(signal, stop)
  }
  return new Promise((resolve, reject) => {
    const env = { ...(options.env ?? process.env), TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
    const child = spawn(command, args, { ...options, env })
    children.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
    }
    child.once('error', (error) => {
      children.delete(child)
      reject(error)
    })
    child.once('close', (code, signal) => {
      children.delete(child)
      resolve({ code: code ?? (signal ? exitCodeOf(signal) : 1), output })
    })
  })
}

/**
 * Runs a command with the input and output of this process. Resolves to its exit code, or to 128 + n after signal n.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: 'ignore' | 'inherit' }} [options]
 * @returns {Promise<number>}
 */
export async function run(command, args, { input = 'inherit', ...options } = {}) {
  const { code } = await start(command, args, { ...options, stdio: [input, 'inherit', 'inherit'] })
  return code
}

/**
 * Runs a command without input. Resolves to its exit code and its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Finished>}
 */
export const capture = (command, args, options = {}) =>
  start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
