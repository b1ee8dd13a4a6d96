import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { StoreModule } from '../runner/harness.js'

export interface ChildReport {
  /** True if the process exited without being killed. */
  readonly ended: boolean
  readonly exitCode: number | null
  /** The number of open handles after each round. */
  readonly handles: readonly number[]
}

const limitMs = 60_000

/** The time limit for the process to exit after its last round, in milliseconds. */
const endLimitMs = 8000

/** Opens, uses and closes a harness's store ten times in a child process. Throws if the module cannot be used. */
export async function openInChild({ url, execArgv = [] }: StoreModule, namespace: string): Promise<ChildReport> {
  // This file, and so the other, ends in .ts when the kit runs from its source.
  const entry = fileURLToPath(new URL(`./child-entry${import.meta.url.slice(-3)}`, import.meta.url))
  const child = spawn(process.execPath, [...execArgv, entry, url, namespace], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    if (!output.endsWith('done\n')) return
    clearTimeout(timer)
    timer = setTimeout(kill, endLimitMs)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  let ended = true
  function kill(): void {
    ended = false
    child.kill('SIGKILL')
  }
  let timer = setTimeout(kill, limitMs)
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code))
  })
  clearTimeout(timer)
  if (ended && exitCode !== 0) throw new Error(`The harness' module failed in a process of its own:\n${errors.trim()}`)
  const handles = output
    .split('\n')
    .filter((line) => line.startsWith('handles '))
    .map((line) => Number(line.slice('handles '.length)))
  return { ended, exitCode, handles }
}
