import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@bext-internal/test-services/bundle'
import { afterAll, onTestFinished } from 'vitest'

const program = await bundleProgram(fileURLToPath(new URL('../src/main.ts', import.meta.url)))
afterAll(() => program.remove())
const folder = fileURLToPath(new URL('..', import.meta.url))

export function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [...program.args, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
