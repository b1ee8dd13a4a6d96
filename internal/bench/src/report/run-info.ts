import { cpus } from 'node:os'

/** Description of a run: command, date, machine and versions. */
export interface RunInfo {
  readonly backend: string
  readonly command: string
  readonly rounds: number
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly versions: Readonly<Record<string, string>>
  /** Findings other than times, as Markdown. */
  readonly findings: string | undefined
}

/** Describes the current run. The description contains nothing that identifies the machine or its user. */
export function describeRun(
  { backend, rounds }: { readonly backend: string; readonly rounds: number },
  args: readonly string[],
  versions: Readonly<Record<string, string>>,
  findings?: string,
): RunInfo {
  const processors = cpus()
  return {
    backend,
    // The name of the file with the figures does not matter.
    command: ['pnpm bench', ...args].join(' ').replace(/ --json \S+/, ''),
    rounds,
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    versions: { 'Node.js': process.versions.node, ...versions },
    findings,
  }
}
