import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@bext-internal/test-services/bundle'
import { afterAll } from 'vitest'

const program = await bundleProgram(fileURLToPath(new URL('../../src/doctor/main.ts', import.meta.url)))
afterAll(() => program.remove())

/** Runs `session-redis` with the arguments, and resolves to its exit code and output. */
export function runDoctor(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...program.args, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}
