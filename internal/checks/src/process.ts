import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

export interface Outcome {
  /** Exit code. `undefined` after a signal, such as after the timeout. */
  readonly code: number | undefined
  /** Text that it wrote to stdout and stderr. */
  readonly output: string
}

/** A wrapper that ends a child at the end of its input, and so with the process that started it, even if that is killed. */
const endWithParent = 'data:text/javascript,process.stdin.once("end",()=>process.exit()).resume().unref()'
export const nodeArgs: readonly string[] = ['--import', endWithParent]

const ofTestRunner = /^(VITEST|TINYPOOL|NODE_OPTIONS$|NODE_ENV$|TEST$|DEV$|PROD$|MODE$)/

/** Returns this process's environment without the variables that a test runner adds. */
export function plainEnv(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !ofTestRunner.test(name))
  return { ...Object.fromEntries(own), ...more }
}

function start({ command, args, cwd, env }: Command): { child: ChildProcess; ended: Promise<Outcome> } {
  const child = spawn(command, args, { cwd, env, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? undefined, output }))
  })
  return { child, ended }
}

/** Runs a command to its end. Kills it after `timeoutMs` milliseconds. */
export async function runToEnd(command: Command, timeoutMs: number): Promise<Outcome> {
  const { child, ended } = start(command)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  return ended.finally(() => clearTimeout(timer))
}

/** Starts a web server, calls `use` with its first response to the URL, and ends it. Resolves to the result of `use`. */
export async function withServer<T>(
  command: Command,
  url: string,
  timeoutMs: number,
  use: (response: Response) => Promise<T>,
): Promise<T> {
  const { child, ended } = start(command)
  const giveUp = AbortSignal.timeout(timeoutMs)
  let outcome: Outcome | undefined
  const watch = ended.then((result) => (outcome = result))
  try {
    for (;;) {
      const response = await fetch(url, { signal: giveUp }).catch(() => undefined)
      if (response) {
        await response.arrayBuffer()
        return await use(response)
      }
      if (outcome) throw new Error(`The server ended with code ${outcome.code} before it answered:\n${outcome.output}`)
      if (giveUp.aborted) throw new Error(`No answer of ${url} within ${timeoutMs} ms`)
      await sleep(50)
    }
  } finally {
    child.kill('SIGKILL')
    await watch
  }
}

/** Resolves to a port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The operating system assigned no port.')
  return address.port
}
