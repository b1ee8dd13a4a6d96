import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface CliOutcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const packageFolder = fileURLToPath(new URL('../..', import.meta.url))
const ofTests = /^(VITEST|TINYPOOL|NODE_OPTIONS$|FORCE_COLOR$|NO_COLOR$)/

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Sends SIGINT once the standard output or error contains this text. */
  readonly interruptAt?: string
}

/** Runs the kit's command from its source in a child process. */
export async function runCli(args: readonly string[], { env = {}, interruptAt }: CliOptions = {}): Promise<CliOutcome> {
  const outer = Object.entries(process.env).filter(([name]) => !ofTests.test(name))
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    cwd: packageFolder,
    env: { ...Object.fromEntries(outer), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  let interrupted = false
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text
      // Once, because a second interrupt would kill the process.
      if (interrupted || interruptAt === undefined || !texts[stream].includes(interruptAt)) return
      interrupted = child.kill('SIGINT')
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...texts }
}
