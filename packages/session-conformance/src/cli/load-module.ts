import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { settleWithin } from '../runner/with-timeout.js'
import { UsageError } from './arguments.js'

/** Exports of a module, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>

const loadLimitMs = 30_000

/** Returns the URL of a module by its path, which may have a query like that of a URL. */
async function urlOf(given: string): Promise<URL> {
  const [path = '', query] = (await stat(given).catch(() => undefined)) ? [given] : given.split(/\?(.*)/s)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true) {
    const url = pathToFileURL(resolve(path))
    url.search = query ?? ''
    return url
  }
  if (found) throw new UsageError(`${given} is no file. Give the file that exports the harness, with its extension.`)
  throw new UsageError(
    `There is no file ${given}. Give the path of the module that exports the harness, with its extension.`,
  )
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** Returns the path of a module that was not found and is there in TypeScript, under the name that TypeScript wants. */
function unbuiltOf(error: unknown): string | undefined {
  if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') return undefined
  const url: unknown = Reflect.get(Object(error), 'url')
  if (typeof url !== 'string' || !url.startsWith('file:')) return undefined
  const path = fileURLToPath(url)
  return existsSync(path.replace(/js(x?)$/, 'ts$1')) ? relative(process.cwd(), path) : undefined
}

function loadProblem(error: unknown, given: string): string {
  const command = relative(process.cwd(), process.argv[1] ?? '')
  const withTsx = `Install tsx and run it with: node --import tsx ${command} ${given}.`
  if (codeOf(error) === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?tsx?\b/.test(String(error))) {
    const cannot = `${given} is, or imports, TypeScript, which Node ${process.versions.node} cannot run by itself.`
    return `${cannot} ${withTsx} Node can do without from 22.18 on.`
  }
  const unbuilt = unbuiltOf(error)
  if (unbuilt !== undefined) {
    return `${given} imports ${unbuilt}, which exists in TypeScript only. ${withTsx} Or compile it first.`
  }
  return `${given} could not be loaded. This is what it failed with:\n\n${inspect(error)}`
}

/**
 * Loads a module by its path, relative to the working directory, with a query if it has one. Throws a `UsageError` if it
 * cannot be loaded.
 */
export async function loadModule(given: string): Promise<ModuleExports> {
  const { href } = await urlOf(given)
  const loaded = await settleWithin(import(href) as Promise<ModuleExports>, loadLimitMs)
  if (loaded.state === 'resolved') return loaded.value
  if (loaded.state === 'rejected') throw new UsageError(loadProblem(loaded.error, given))
  throw new UsageError(
    `${given} was not loaded within ${loadLimitMs / 1000} s: it awaits something that does not come.`,
  )
}
