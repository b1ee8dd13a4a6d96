// The stores in Python and Rust, and requests that a case never sends: the kit answers for the store, or its samples are
// less deep.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startProcess, type Answer } from '../src/process/process-channel.js'

const example = (path: string): string => fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url))
const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
const invalid = { error: { code: 'Invalid', reason: 'bad_argument', message: expect.any(String) as string } }

type Ask = (method: string, params: Readonly<Record<string, unknown>>) => Promise<Answer>

/** Starts a store, and returns a function that asks it. The test fails if the process does not end by itself. */
async function openStore(command: string): Promise<Ask> {
  const channel = startProcess(command)
  onTestFinished(() => channel.end())
  await channel.order('hello', { protocol: 1 })
  await channel.order('open', { store: 1, namespace: 'requests' })
  return (method, params) => channel.ask(method, { store: 1, ...params })
}

function resultOf(answer: Answer): unknown {
  return 'result' in answer ? answer.result : answer
}

async function createSession(ask: Ask, dataJson: string): Promise<unknown> {
  return resultOf(await ask('create', { dataJson, ttlMs: 60_000 }))
}

async function readSession(ask: Ask, sessionId: unknown): Promise<unknown> {
  return resultOf(await ask('read', { sessionId }))
}

/** Sends lone surrogates and `ttlMs: true` to all methods that take data or a time to live. */
async function expectRejections(command: string): Promise<void> {
  const ask = await openStore(command)
  const sessionId = await createSession(ask, '"before"')
  expect(await ask('create', { dataJson: '"\ud800"', ttlMs: 60_000 })).toEqual(invalid)
  expect(await ask('update', { sessionId, dataJson: '"\ud800"' })).toEqual(invalid)
  expect(await ask('create', { dataJson: '1', ttlMs: true })).toEqual(invalid)
  expect(await ask('touch', { sessionId, ttlMs: true })).toEqual(invalid)
  expect(await readSession(ask, sessionId)).toMatchObject({ dataJson: '"before"' })
}

describe.skipIf(!isInstalled('python3'))('the store in Python', () => {
  const command = `python3 '${example('python-store/my_store.py')}'`

  test('answers a lone surrogate and ttlMs: true with errors', async () => {
    await expectRejections(command)
  })

  test('answers data that is nested too deep for its parser with errors', async () => {
    const ask = await openStore(command)
    const sessionId = await createSession(ask, '"before"')
    expect(await ask('create', { dataJson: deep, ttlMs: 60_000 })).toEqual(invalid)
    expect(await ask('update', { sessionId, dataJson: deep })).toEqual(invalid)
    expect(await readSession(ask, sessionId)).toMatchObject({ dataJson: '"before"' })
  })
})

describe.skipIf(!isInstalled('cargo'))('the stores in Rust', () => {
  let program: string

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'rust-store-'))
    const manifest = ['--manifest-path', example('rust-store/Cargo.toml')]
    execFileSync('cargo', ['build', '--quiet', '--locked', '--offline', ...manifest, '--target-dir', folder])
    program = join(folder, 'debug', 'rust-store')
    return () => rmSync(folder, { recursive: true })
  })

  test.each(['memory', 'sealed'])('%s: answers a lone surrogate and ttlMs: true with errors', async (kind) => {
    await expectRejections(`'${program}' ${kind}`)
  })

  test('memory: stores data of any depth', async () => {
    const ask = await openStore(`'${program}' memory`)
    expect(await readSession(ask, await createSession(ask, deep))).toMatchObject({ dataJson: deep })
  })

  test('sealed: answers data that is nested deep with an error, because it is too large', async () => {
    const ask = await openStore(`'${program}' sealed`)
    expect(await createSession(ask, deep)).toMatchObject({ error: { code: 'Invalid', reason: 'too_large' } })
  })
})
