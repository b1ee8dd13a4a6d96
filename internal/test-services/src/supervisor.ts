import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
  /** Signal for an orderly end. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

/** A separate process that runs our commands, one at a time, and cleans up however this process ends. */
export interface Supervisor {
  readonly pid: number
  /** Temporary folder of the commands. It is removed at the end. */
  readonly folder: string
  /** Runs a command. Resolves when it has ended, with a description of its end. */
  launch(command: Command): Promise<string>
  /** Sends a signal to the running command, if any. */
  send(signal: NodeJS.Signals): void
  /** Runs a command to its end. Rejects with its output unless it ended with code 0. */
  run(command: Command): Promise<void>
  /** Resolves to a description of how the last command ended, with the end of its output. */
  explain(how: string): Promise<string>
  /** Lets this process end without stopping the supervisor first. */
  release(): void
  /** Ends the running command and removes the folder. */
  stop(): Promise<void>
}

interface Message {
  readonly folder?: string
  readonly failed?: string
  readonly ended?: string
}

const supervisorFile = fileURLToPath(new URL('../bin/supervisor.js', import.meta.url))
const maxOutputLength = 4000

/** Starts a supervisor. The name of its folder contains `name`. */
export async function supervise(name: string): Promise<Supervisor> {
  // A separate process group protects it from the terminal's Ctrl-C, because it must outlive us to clean up.
  const child = spawn(process.execPath, [supervisorFile, name], {
    cwd: '/',
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exited = once(child, 'exit')
  // If the supervisor ends, its messages end, too. A failed write tells nothing more.
  child.stdin.on('error', () => {})
  const messages = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function receive(): Promise<Message> {
    const { value } = await messages.next()
    if (value === undefined) throw new Error('the process that looks after the server was ended.')
    return JSON.parse(value) as Message
  }

  const first = await receive()
  if (first.folder === undefined) throw new Error(`no temporary folder could be made: ${first.failed}`)
  const folder: string = first.folder

  async function launch(command: Command): Promise<string> {
    child.stdin.write(`${JSON.stringify({ stopSignal: 'SIGTERM', ...command })}\n`)
    const { ended } = await receive()
    return ended ?? 'was not run'
  }

  async function explain(how: string): Promise<string> {
    const output = await readFile(join(folder, 'output.log'), 'utf8')
    return output === '' ? how : `${how}:\n${output.trim().slice(-maxOutputLength)}`
  }

  return {
    pid: child.pid ?? 0,
    folder,
    launch,
    explain,
    send(signal) {
      child.stdin.write(`${JSON.stringify({ signal })}\n`)
    },
    async run(command) {
      const how = await launch(command)
      if (how !== 'ended with code 0') throw new Error(`${command.command} ${await explain(how)}`)
    },
    release() {
      for (const handle of [child, child.stdin as Socket, child.stdout as Socket]) handle.unref()
    },
    async stop() {
      child.ref()
      child.stdin.end()
      const [code, signal] = await exited
      if (code !== 0) throw new Error(`${folder} may be left: its supervisor ended with ${code ?? signal}.`)
    },
  }
}
