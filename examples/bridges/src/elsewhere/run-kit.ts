import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report, ReportCase } from '@bext/session-conformance'
import type { Subject } from './subjects.js'
import { folderVariable, storeVariable } from './variables.js'

export interface Judged {
  readonly name: string
  readonly versions: Readonly<Record<string, string>>
  readonly cases: readonly ReportCase[]
}

const kit = fileURLToPath(new URL('../../node_modules/@bext/session-conformance/src/cli/main.ts', import.meta.url))
const npmStores = fileURLToPath(new URL('npm-stores.ts', import.meta.url))

// After a call that hangs, the kit waits less for later calls. So the cases that stall the server are a run by themselves.
const passes: readonly (readonly string[])[] = [
  ['C', 'R', 'U', 'T', 'D', 'I', 'L', 'E1', 'E3', 'E6'],
  ['E2', 'E4', 'E5', 'H'],
]

/** Runs the kit over a library. Resolves to the verdicts. Rejects if the kit wrote no report. */
export async function runKit(subject: Subject, scratch: string): Promise<Judged> {
  const target = subject.program === undefined ? [npmStores] : ['--process', subject.program]
  const env = { ...process.env, TMPDIR: scratch, [folderVariable]: scratch, [storeVariable]: subject.name }
  const file = join(scratch, 'report.json')
  const reports: Report[] = []
  for (const groups of passes) {
    await rm(file, { force: true })
    const only = groups.flatMap((group) => ['--only', group])
    const args = ['--import', 'tsx', kit, ...target, ...only, '--seed', '1', '--json', file]
    const words = await new Promise<string>((resolve) => {
      // The exit code is 1 if a case failed, which is no failure of the run.
      execFile(process.execPath, args, { env, maxBuffer: 2 ** 26 }, (_error, _stdout, stderr) => resolve(stderr))
    })
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`The kit wrote no report on ${subject.name}: ${words}`)
    })
    reports.push(JSON.parse(text) as Report)
  }
  const cases = reports.flatMap((report) => report.cases)
  return { name: subject.name, versions: reports[0]?.store.versions ?? {}, cases }
}
