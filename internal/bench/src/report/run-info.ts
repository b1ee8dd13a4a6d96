import { cpus } from 'node:os'

/** How figures were taken. */
export interface RunInfo {
  readonly backend: string
  readonly command: string
  readonly rounds: number
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly versions: Readonly<Record<string, string>>
  /** What was found beside times, as Markdown. */
  readonly findings: string | undefined
}

/** What is the same for all figures of the run that goes on. It holds nothing that names the machine or its user. */
export function describeRun(
  { backend, rounds }: { readonly backend: string; readonly rounds: number },
  args: readonly string[],
  versions: Readonly<Record<string, string>>,
  findings?: string,
): RunInfo {
  const processors = cpus()
  return {
    backend,
    // Without the file that the figures went to.
    command: ['pnpm bench', ...args].join(' ').replace(/ --json \S+/, ''),
    rounds,
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    versions: { 'Node.js': process.versions.node, ...versions },
    findings,
  }
}
