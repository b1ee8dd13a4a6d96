import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { findNodeWithSqlite } from './node-with-sqlite.js'

const cwd = fileURLToPath(new URL('.', import.meta.url))

describe('the SQLite store', { timeout: 120_000 }, () => {
  let node = ''

  beforeAll(async () => {
    node = await findNodeWithSqlite()
  }, 300_000)

  /** Resolves to what the script wrote; rejects with all of it if the script failed. */
  function run(script: string): Promise<string> {
    const env = { ...process.env, NODE_OPTIONS: '' }
    const child = spawn(node, ['--import', 'tsx', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${output}\n${errors}`))))
    })
  }

  test('passes every case of the kit for a server-backed store with sweep() and close()', async () => {
    const report = JSON.parse(await run('in-child/conformance.ts')) as { passed: string[]; others: string[] }
    expect(report.others.join('\n\n')).toBe('')
    expect(report.passed).toEqual(expect.arrayContaining(['U3-deleted', 'D2-no-trace', 'O2-at-once', 'O3-ends']))
  })

  test('is right with several processes on one file', async () => {
    await run('in-child/processes.ts')
  })
})
