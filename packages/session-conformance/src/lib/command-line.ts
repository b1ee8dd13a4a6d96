import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StoreHarness } from './harness.js'

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The command that runs a harness; the harness may not say in which module it is. */
export function commandOf({ module }: Pick<StoreHarness, 'module'>): string {
  const command = 'npx @bext/session-conformance'
  if (!module?.url.startsWith('file:')) return `${command} <module>`
  const path = relative(process.cwd(), fileURLToPath(module.url)).split(sep).join('/')
  return `${command} ${shellWord(path.startsWith('..') ? path : `./${path}`)}`
}

interface Repeatable {
  readonly command: string
  readonly seed: number
}

/** The command that runs the same cases again, with the same random values. */
export function repeatCommand({
  command,
  seed,
  selection,
  strict,
}: Repeatable & { readonly selection: readonly string[]; readonly strict: boolean }): string {
  return [command, '--seed', seed, ...selection.map(shellWord), ...(strict ? ['--strict'] : [])].join(' ')
}

/** The command that runs one case again, as it ran. */
export function replayCommand({ command, seed }: Repeatable, id: string): string {
  return `${command} --seed ${seed} --replay ${id}`
}
