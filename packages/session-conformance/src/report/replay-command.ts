import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StoreHarness } from '../runner/harness.js'

/** Quotes a text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

const kitCommand = 'npx @bext/session-conformance'

function runsTypeScript(): boolean {
  return Boolean(Reflect.get(process.features, 'typescript'))
}

/**
 * Returns the command that runs the module at a path, which may have a query. For a TypeScript module, it contains the options of Node that
 * load it: the given ones, or those of tsx if this Node does not run TypeScript.
 */
export function commandFor(path: string, nodeOptions: readonly string[] = []): string {
  if (!/\.[mc]?tsx?(?:\?|$)/.test(path)) return `${kitCommand} ${shellWord(path)}`
  const options = nodeOptions.length > 0 || runsTypeScript() ? nodeOptions : ['--import', 'tsx']
  const variable = options.length === 0 ? '' : `NODE_OPTIONS=${shellWord(options.join(' '))} `
  return `${variable}${kitCommand} ${shellWord(path)}`
}

/** Returns the command that runs the store of a process. */
export function commandForProcess(command: string): string {
  return `${kitCommand} --process ${shellWord(command)}`
}

/** Returns the command that runs a harness, which need not declare its module. */
export function commandOf({ module }: Pick<StoreHarness, 'module'>): string {
  if (module && 'command' in module) return commandForProcess(module.command)
  if (!module?.url.startsWith('file:')) return `${kitCommand} <module>`
  const url = new URL(module.url)
  const path = relative(process.cwd(), fileURLToPath(url)).split(sep).join('/')
  return commandFor(`${path.startsWith('..') ? path : `./${path}`}${url.search}`, module.execArgv)
}

interface Repeatable {
  readonly command: string
  readonly seed: number
}

/** Returns the command that runs the same cases again, with the same random values. */
export function repeatCommand({
  command,
  seed,
  selection,
  strict,
}: Repeatable & { readonly selection: readonly string[]; readonly strict: boolean }): string {
  return [command, '--seed', seed, ...selection.map(shellWord), ...(strict ? ['--strict'] : [])].join(' ')
}

/** Returns the command that runs one case again, with the same random values. */
export function replayCommand({ command, seed }: Repeatable, id: string): string {
  return `${command} --seed ${seed} --replay ${id}`
}
