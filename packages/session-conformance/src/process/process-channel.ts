import { spawn, type ChildProcess } from 'node:child_process'
import { HarnessError } from '../runner/failure.js'
import { settleWithin } from '../runner/with-timeout.js'

/** The version of the protocol between the kit and a process. */
export const protocolVersion = 1

/** An error as a process answers it. */
export interface ErrorAnswer {
  readonly code: string
  readonly reason?: unknown
  readonly message?: unknown
  readonly cause?: unknown
}

/** The answer to a request: a result, or an error. */
export type Answer = { readonly result: unknown } | { readonly error: ErrorAnswer }

/** Thrown when a process does not end after its input was closed. */
export class StillRunning extends HarnessError {}

export interface ProcessChannel {
  /** Sends a request. Resolves to its answer. Rejects with a `HarnessError` if the process fails. */
  ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Answer>
  /** Asks, and expects a result within some seconds. Rejects with a `HarnessError` otherwise. */
  order(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>
  /**
   * Closes the input of the process. Rejects with a `HarnessError` unless it then ends by itself, with code 0: with
   * `StillRunning` if it does not end.
   */
  end(): Promise<void>
  kill(): void
}

const orderLimitMs = 30_000
const endLimitMs = 5000
const keptErrorLength = 2000

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a line of a process. Returns the reason why it is none of the protocol, as a text. */
function parseLine(line: string): { readonly id: number; readonly answer: Answer } | string {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return 'it is no JSON'
  }
  if (!isObject(message) || typeof message['id'] !== 'number') return 'it is no object with an id'
  const { id, result, error } = message
  if (error === undefined) return 'result' in message ? { id, answer: { result } } : 'it has neither result nor error'
  if (!isObject(error) || typeof error['code'] !== 'string') return 'its error has no code'
  return { id, answer: { error: error as unknown as ErrorAnswer } }
}

const escapes: Readonly<Record<string, string>> = {
  '\u0085': String.raw`\u0085`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
}

/** Returns a message as a line. Escapes what JSON leaves and some readers end a line at, such as readline of Node 24. */
function lineOf(message: object): string {
  return `${JSON.stringify(message).replaceAll(/[\u0085\u2028\u2029]/g, (separator) => escapes[separator] ?? '')}\n`
}

const isWindows = process.platform === 'win32'

/** Kills the shell with everything that it has started. They are one group, except on Windows. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(isWindows ? pid : -pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

/** Starts a process by a command of the shell, and speaks JSON lines with it over its standard input and output. */
export function startProcess(command: string): ProcessChannel {
  const child = spawn(command, { shell: true, detached: !isWindows, stdio: ['pipe', 'pipe', 'pipe'] })
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>()
  let failure: HarnessError | undefined
  let isEnding = false
  let lastWords = ''
  let unread = ''
  let requests = 0

  function fail(what: string): void {
    const words = lastWords.trim()
    const tail = words === '' ? 'It wrote nothing to its standard error.' : `Its last words were:\n${words}`
    failure ??= new HarnessError(`The process ${JSON.stringify(command)} ${what}. ${tail}`)
    for (const request of waiting.values()) request.reject(failure)
    waiting.clear()
  }

  function read(line: string): void {
    const parsed = parseLine(line)
    const shown = JSON.stringify(line.slice(0, 100))
    if (typeof parsed === 'string') {
      fail(`wrote a line that is not of the protocol, because ${parsed}: ${shown}`)
      return
    }
    const request = waiting.get(parsed.id)
    waiting.delete(parsed.id)
    if (request) request.resolve(parsed.answer)
    else fail(`answered a request that it was not asked, or twice: ${shown}`)
  }

  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-keptErrorLength)
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${unread}${text}`.split('\n')
    unread = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '' && failure === undefined) read(line)
  })
  // The process may have closed its input. Its end tells more.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      fail(`did not start: ${error.message}`)
      resolve()
    })
    // Once its output has been read.
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`
      if (!isEnding || code !== 0) fail(`ended ${how}`)
      resolve()
    })
  })

  function ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (failure) return Promise.reject(failure)
    requests += 1
    const id = requests
    child.stdin.write(lineOf({ id, method, params }))
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
    })
  }

  return {
    ask,

    async order(method, params) {
      const settled = await settleWithin(ask(method, params), orderLimitMs)
      if (settled.state === 'pending') fail(`has not answered ${method} within ${orderLimitMs / 1000} s`)
      else if (settled.state === 'rejected') throw settled.error
      else if ('result' in settled.value) return settled.value.result
      else fail(`answered ${method} with the error ${JSON.stringify(settled.value.error)}`)
      throw failure ?? new HarnessError('The process failed.')
    },

    async end() {
      isEnding = true
      child.stdin.end()
      if ((await settleWithin(ended, endLimitMs)).state === 'pending') {
        fail(`did not end within ${endLimitMs / 1000} s after its input was closed`)
        killGroup(child)
        throw new StillRunning(failure?.message)
      }
      if (failure) throw failure
    },

    kill() {
      isEnding = true
      killGroup(child)
    },
  }
}
