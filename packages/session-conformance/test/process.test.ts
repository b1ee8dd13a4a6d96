import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CaseResult } from '../src/index.js'
import { applicableCases, cases, formatResult, runAll, startRun } from '../src/index.js'
import { startProcess } from '../src/process/process-channel.js'
import { startProcessHarness, type ProcessHarness } from '../src/process/process-harness.js'
import { selectCases } from '../src/runner/selection.js'
import { runCli } from './helpers/run-cli.js'

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const store = `node --import tsx '${fixture('process-store.ts')}'`
const failing = (way: string): string => `node '${fixture('failing-process.js')}' ${way}`

async function start(command: string): Promise<ProcessHarness> {
  const started = await startProcessHarness(command)
  onTestFinished(() => started.channel.kill())
  return started
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a store in another process', { timeout: 120_000 }, () => {
  test('passes the cases of a store that has no server, and no line breaks the schema', async () => {
    const { harness, channel } = await start(store)
    const run = startRun(harness, { seed: 20 })
    const results = await runAll(run, selectCases(applicableCases(harness), { quick: true }))
    const others = results.filter(({ verdict }) => verdict !== 'pass')
    expect(others.map((result) => formatResult(result, run))).toEqual([])
    expect(results.length).toBeGreaterThan(150)
    await channel.end()
  })

  test('begins and ends the conditions that it names', async () => {
    const { harness } = await start(store)
    const run = startRun(harness, { seed: 21 })
    const kinds = ['delayExpiry', 'fill', 'forbid', 'hold']
    const isOfKind = (need: string): boolean => kinds.includes(need)
    const wanted = applicableCases(harness).filter(({ needs }) => needs.some(isOfKind))
    const results = await runAll(run, wanted)
    expect(results.filter(({ verdict }) => verdict !== 'pass').map((result) => formatResult(result, run))).toEqual([])
    expect([...new Set(wanted.flatMap(({ needs }) => needs.filter(isOfKind)))].toSorted()).toEqual(kinds)
  })

  test.each([
    ['crash', /ended with code 7\. Its last words were:\nout of memory/],
    ['nonsense', /is not of the protocol, because it is no JSON: "Updating a session now"/],
    ['twice', /answered a request that it was not asked, or twice/],
    ['code', /answered update with the code "Oops", which does not exist/],
    ['codeless', /because its error has no code/],
    ['empty', /because it has neither result nor error/],
  ])('that breaks the protocol (%s) is an error of the harness, and not of the store', async (way, note) => {
    const { harness } = await start(failing(way))
    const run = startRun(harness)
    const results: CaseResult[] = []
    // The second case shows that nothing passes after a process has failed.
    for (const each of cases.filter(({ id }) => id === 'U3-deleted')) {
      results.push(await run.runCase(each), await run.runCase(each))
    }
    expect(results.map(({ verdict }) => verdict)).toEqual(['harness-error', 'harness-error'])
    expect(results[0]?.note).toMatch(note)
  })

  test.each([
    ['version', 'The process speaks version 2 of the protocol, and the kit 1.'],
    ['family', 'must have a name, and the family "server" or "client"'],
    ['conditions', 'must be an object with a list of names as forbid, and true or false as fill, hold, delayExpiry'],
  ])('whose greeting has a wrong %s is rejected before the run', async (way, message) => {
    await expect(startProcessHarness(failing(way))).rejects.toThrow(message)
  })

  test('must end by itself when its input is closed', async () => {
    const { channel } = await start(failing('stays'))
    const { message } = await channel.end().then(
      () => new Error('It ended.'),
      (error: Error) => error,
    )
    expect(message).toContain('did not end within 5 s after its input was closed')
    const [, pid] = /process (\d+)/.exec(message) ?? []
    expect(Number(pid)).toBeGreaterThan(0)
    // It is killed with the shell that has started it.
    await expect.poll(() => isRunning(Number(pid)), { timeout: 5000 }).toBe(false)
  })

  test('gets lines without the separators of Unicode, at which some programs end a line', async () => {
    const echo = `node -e 'process.stdin.once("data", (line) => console.log(JSON.stringify({ id: 1, result: String(line) })))'`
    const params = { dataJson: 'a\u0085b\u2028c\u2029d' }
    const line = String(await startProcess(echo).order('create', params))
    expect(line).not.toMatch(/[\u0085\u2028\u2029]/)
    expect(JSON.parse(line)).toEqual({ id: 1, method: 'create', params })
  })

  test('is opened and closed ten times in a second process, which must end by itself (O3)', async () => {
    const { harness } = await start(store)
    const [right, stays] = [harness, (await start(failing('stays'))).harness].map((each) => startRun(each))
    const each = cases.find(({ id }) => id === 'O3-ends')
    if (!each || !right || !stays) throw new Error('There is no case O3-ends.')
    const [passed, failed] = await Promise.all([right.runCase(each), stays.runCase(each)])
    expect(passed, passed.note).toMatchObject({ verdict: 'pass' })
    expect(failed).toMatchObject({ verdict: 'fail', brokenRule: 'O3' })
  })

  test('is run by the command with --process', async () => {
    const command = failing('crash')
    const { code, stdout } = await runCli(['--process', command, '--only', 'U3-deleted', '--seed', '7'])
    expect(stdout).toContain('HARNESS-ERROR  U3-deleted')
    expect(stdout).toContain('out of memory')
    expect(stdout).toContain('npx @bext/session-conformance --process ')
    expect(code).toBe(2)
  })

  test('that does not start is an error of the command', async () => {
    const { code, stderr } = await runCli(['--process', 'no-such-program'])
    expect(stderr).toMatch(/ended with code 127\. Its last words were:\s+.*no-such-program/)
    expect(code).toBe(2)
  })
})
