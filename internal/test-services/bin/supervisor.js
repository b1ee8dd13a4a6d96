// Runs a server in a temporary folder for the parent process, and ends it when the parent process has ended.
// Input: a line of JSON for each command to run, or signal to send to it.
// Output: a line with the folder, then a line for each command that has ended.
// At the end of the input, for whatever reason, it ends the running command, removes the folder and exits.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const killAfterMs = 5000

let folder
let running
let closing = false

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function run({ command, args, env, uid, gid, stopSignal }) {
  const output = openSync(join(folder, 'output.log'), 'w')
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
    uid,
    gid,
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  running = { child, stopSignal }
  child.once('error', (error) => finish(`could not be run (${error.message})`))
  child.once('exit', (code, signal) => finish(signal === null ? `ended with code ${code}` : `was ended by ${signal}`))
}

function receive(message) {
  if (closing) return
  if (message.signal === undefined) run(message)
  else running?.child.kill(message.signal)
}

function finish(how) {
  const { child } = running
  running = undefined
  killGroup(child.pid)
  send({ ended: how })
  if (closing) removeAndExit()
}

// Children of a command outlive it if it could not end them.
function killGroup(pid) {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error
  }
}

function close() {
  if (closing) return
  closing = true
  if (running === undefined) {
    removeAndExit()
  } else {
    running.child.kill(running.stopSignal)
    // It may be paused by SIGSTOP.
    running.child.kill('SIGCONT')
    setTimeout(() => running?.child.kill('SIGKILL'), killAfterMs)
  }
}

function removeAndExit() {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  process.exit()
}

// Writing to a parent that has ended fails. The end of the input reports that, too, and is handled.
process.stdout.on('error', () => {})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, close)

try {
  // Servers report the real path of their folder, which is compared with this path.
  folder = mkdtempSync(join(realpathSync(tmpdir()), `bext-${process.argv[2]}-`))
  send({ folder })
  createInterface({ input: process.stdin })
    .on('line', (line) => receive(JSON.parse(line)))
    .on('close', close)
} catch (error) {
  send({ failed: error.message })
}
