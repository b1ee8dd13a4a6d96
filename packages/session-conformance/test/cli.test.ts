import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Report } from '../src/index.js'
import { cases, kitVersion } from '../src/index.js'
import type { Arguments } from '../src/cli/arguments.js'
import { readArguments } from '../src/cli/arguments.js'
import { checkWritable } from '../src/cli/output.js'
import { readReport as readReportFile } from '../src/cli/read-report.js'
import { chooseCases, runModule } from '../src/cli/run-command.js'
import { runCli } from './helpers/run-cli.js'

// Each test starts processes. More at once would only wait for the processor.
vi.setConfig({ maxConcurrency: 4 })

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conformance-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fixture = (name: string): string => `./test/fixtures/${name}.ts`
const inFolder = (name: string): string => join(folder, name)

async function writeModule(name: string, code: string): Promise<string> {
  await writeFile(inFolder(name), code)
  return inFolder(name)
}

async function readReport(name: string): Promise<Report> {
  return JSON.parse(await readFile(inFolder(name), 'utf8')) as Report
}

describe.concurrent('the command', { timeout: 60_000 }, () => {
  test('runs a harness: exit code 0, the profiles, and every requested file', async () => {
    const files = ['--json', inFolder('all.json'), '--junit', inFolder('all.xml'), '--markdown', inFolder('all.md')]
    const { code, stdout, stderr } = await runCli([fixture('harness'), ...files])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Profiles: server/core 1.0, instances, by-user, sweep, compare')
    expect(await readReport('all.json')).toMatchObject({
      outcome: 'pass',
      store: { versions: { 'a backend': '7.0.1' } },
    })
    expect(await readFile(inFolder('all.xml'), 'utf8')).toContain('<testsuites')
    expect(await readFile(inFolder('all.md'), 'utf8')).toContain('**server/core 1.0,')
  })

  test('runs a function that makes stores, with --quick', async () => {
    const { code, stdout } = await runCli([fixture('memory-factory'), '--quick', '--tap'])
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/^TAP version 14\n/)
    expect(stdout).toContain(
      'R6-other-instance a read by another instance over the same backend sees an earlier write # SKIP',
    )
    expect(stdout).not.toContain('R3-expires')
  })

  test('checks that the stores of a function share their sessions, if they do', async () => {
    const { code, stdout } = await runCli([fixture('shared-factory'), '--only', 'R6', '--tap'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok \d+ - R6-other-instance/m)
  })

  test('a server-backed store fails as a client-backed one', async () => {
    const { code, stdout } = await runCli([fixture('memory-factory'), '--family', 'client', '--only', 'U2'])
    expect(code).toBe(1)
    expect(stdout).toContain('FAIL  U2-new-id')
    expect(stdout).toContain('--family client --seed')
  })

  test('advises --family client for a store that returns new ids', async () => {
    const { code, stderr } = await runCli([fixture('rotating'), '--only', 'U2-same-id'])
    expect(code).toBe(1)
    expect(stderr).toContain('run it with --family client')
  })

  test('does not advise another family for a store whose calls fail', async () => {
    const path = await writeModule(
      'failing.mjs',
      `export default () => ({
        name: 'failing',
        create: async () => 'an-id',
        read: async () => undefined.dataJson,
        update: async () => undefined.id,
        touch: async () => undefined.id,
        delete: async () => undefined,
        isHealthy: async () => true,
      })`,
    )
    const { code, stdout, stderr } = await runCli([path, '--only', 'U2-same-id'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toContain("Note:     TypeError: Cannot read properties of undefined (reading 'id')")
    expect(stdout).toContain('failing.mjs:5')
  })

  test('advises a harness whose store returns new ids to change its family', async () => {
    const path = await writeModule(
      'rotating-harness.mjs',
      `const store = {
        create: async () => 'an-id',
        read: async () => ({}),
        update: async () => 'another-id',
        touch: async () => 'another-id',
        delete: async () => undefined,
        isHealthy: async () => true,
      }
      export default { name: 'rotating', family: 'server', open: () => ({ store }) }`,
    )
    const { stderr } = await runCli([path, '--only', 'U2-same-id'])
    expect(stderr).toContain('give its harness the family "client"')
    expect(stderr).not.toContain('--family')
  })

  test('a call that never settles fails its cases soon, by rule E5', async () => {
    const { code, stdout } = await runCli([fixture('hanging'), '--only', 'R1', '--only', 'R6-model', '--json', '-'])
    expect(code).toBe(1)
    // The output of the fixture comes first.
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1)) as Report
    const ended = report.cases.map(({ id, verdict, brokenRule }) => [id, verdict, brokenRule])
    expect(ended).toContainEqual(['R6-model', 'fail', 'E5'])
    expect(ended.every(([, verdict, rule]) => verdict === 'fail' && rule === 'E5')).toBe(true)
    // A call counts as hung after 13 s, later calls after 1 s. Starting the process is not part of this time.
    expect(report.durationMs).toBeLessThan(25_000)
  })

  test('a broken store: exit code 1, a report of the bug, and the same report for the same seed', async () => {
    const args = [fixture('upsert'), '--only', 'U3', '--only', 'R6-model', '--seed', '7']
    const [first, again] = await Promise.all(
      ['first.json', 'again.json'].map((file) => runCli([...args, '--json', inFolder(file)])),
    )
    expect([first?.code, again?.code]).toEqual([1, 1])
    expect(first?.stdout).toContain('FAIL  U3-unknown  (MUST, rule U3)  store: upsert')
    expect(first?.stdout).toContain(
      `Replay:   NODE_OPTIONS='--import tsx' npx @bext/session-conformance ${fixture('upsert')} --seed 7 --replay U3-unknown`,
    )
    expect(first?.stdout).toContain('As well:  U3-deleted, U3-expired')
    const found = await Promise.all(['first.json', 'again.json'].map(readReport))
    const [one, other] = found.map((report) => report.cases.map(({ id, verdict, seen }) => ({ id, verdict, seen })))
    expect(one?.find(({ id }) => id === 'R6-model')?.seen).toContain('shortest sequence')
    expect(other).toEqual(one)
  })

  test('a store that hangs ends --quick soon', async () => {
    const { code, stdout } = await runCli([fixture('hanging'), '--quick', '--json', inFolder('hanging.json')])
    expect(code).toBe(1)
    expect(stdout).toContain('FAIL  C1-first  (MUST, rule E5)')
    expect(stdout).toContain('Not shown (not run, because C1-first failed)')
    expect((await readReport('hanging.json')).durationMs).toBeLessThan(12_000)
  })

  test('runs a module with a query, and keeps it in the command that repeats the run', async () => {
    const given = './test/mutants/open-handles.ts?timer'
    const { code, stdout } = await runCli([given, '--replay', 'O3-declared'])
    expect(code, stdout).toBe(0)
    expect(stdout).toContain(`npx @bext/session-conformance '${given}' --seed`)
  })

  test('replays one case, and prints all of its calls', async () => {
    const { code, stdout } = await runCli([fixture('memory-factory'), '--replay', 'U3-deleted', '--seed', '7'])
    expect(code).toBe(0)
    expect(stdout).toContain('PASS  U3-deleted')
    expect(stdout).toContain('A.update(s1, <2 characters>) rejected: NotFound')
  })

  test('an unhandled rejection fails the case that caused it, and the run continues', async () => {
    const { code, stdout, stderr } = await runCli([
      fixture('unhandled-rejection'),
      '--only',
      'T4-same-id',
      '--only',
      'U2-same-id',
      '--json',
      '-',
    ])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const { cases: ended, unhandledErrors } = JSON.parse(stdout) as Report
    expect(unhandledErrors).toEqual([])
    expect(ended.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['U2-same-id', 'pass'],
      ['T4-same-id', 'fail'],
    ])
    expect(ended[1]?.note).toContain('a write behind that failed')
  })

  test('with --strict, a case that is not testable is a failure', async () => {
    const { code, stdout } = await runCli([fixture('harness'), '--only', 'H', '--strict'])
    expect(code).toBe(1)
    expect(stdout).toContain('Not shown (needs endpoint): 2')
  })

  test('an interrupt closes all open stores, and exits with 130', async () => {
    const { code, stdout, stderr } = await runCli([fixture('hanging'), '--only', 'R1-whole'], {
      interruptAt: 'reading',
    })
    expect(code).toBe(130)
    expect(stdout.match(/closed/g)).toHaveLength(2)
    expect(stderr).toContain('Interrupted')
  })

  test('formats a saved report with --from', async () => {
    await runCli([fixture('memory-factory'), '--only', 'H', '--json', inFolder('before.json')])
    const { code, stdout } = await runCli(['--from', inFolder('before.json'), '--markdown', '-'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^## Conformance of memory\n/)
  })

  test('prints colours if they are forced, and none if they are disabled', async () => {
    const args = [fixture('memory-factory'), '--only', 'H1-up']
    const [forced, forbidden] = await Promise.all([
      runCli(args, { env: { FORCE_COLOR: '1' } }),
      runCli([...args, '--no-color'], { env: { FORCE_COLOR: '1' } }),
    ])
    expect(forced.stdout).toContain('\u001b[')
    expect(forbidden.stdout).not.toContain('\u001b[')
  })

  test('prints the cases with --list, and the version and help', async () => {
    const [list, help, version] = await Promise.all([runCli(['--list']), runCli(['--help']), runCli(['--version'])])
    expect(list.stdout.trim().split('\n')).toHaveLength(cases.length)
    expect(list.stdout).toMatch(/^U3-deleted +MUST +U3 +server +core +update\(\) does not revive a deleted session/m)
    expect(help.stdout).toContain('Usage: session-conformance <module> [options]')
    expect(version.stdout).toBe(`${kitVersion}\n`)
    expect([list.code, help.code, version.code]).toEqual([0, 0, 0])
  })
})

describe.concurrent('a wrong command line or module: exit code 2 and a message for', { timeout: 60_000 }, () => {
  test('names the command before the message', async () => {
    const outcome = await runCli([])
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
    expect(outcome.stderr).toContain('session-conformance: No module was given.')
  })

  const modules: readonly (readonly [what: string, code: string, message: string])[] = [
    [
      'a module that throws',
      'throw new RangeError("boom")',
      'could not be loaded. This is what it failed with:\n\nRangeError: boom',
    ],
    ['a module without a store', 'export const limit = 1', 'exports limit (a number). Export a harness'],
    [
      'a store that throws',
      'export default () => { throw new Error("no database") }',
      'failed to open a store. This is what it failed with:\n\nError: no database',
    ],
    [
      'a store without methods',
      'export default () => ({ create() {}, read() {} })',
      'it opened something without update(), touch(), delete(), isHealthy()',
    ],
    [
      'a store that is nothing',
      'export default { name: "a", family: "server", open: () => ({}) }',
      'it opened nothing',
    ],
  ]
  for (const [what, code, message] of modules) {
    test(what, async () => {
      const path = await writeModule(`${what.replaceAll(' ', '-')}.mjs`, code)
      const error: unknown = await runModule(path, readArguments([path])).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'UsageError', message: expect.stringContaining(message) })
      expect((error as Error).message.startsWith(`${path} `)).toBe(true)
    })
  }

  const misuses: readonly (readonly [
    what: string,
    run: (args: Arguments) => unknown,
    args: readonly string[],
    message: string,
  ])[] = [
    ['a missing module', (args) => runModule('./nowhere.js', args), [], 'There is no file ./nowhere.js.'],
    ['a folder', (args) => runModule('./packages', args), [], './packages is no file.'],
    [
      'a file that cannot be written',
      checkWritable,
      ['--json', './no/such/folder.json'],
      'The file of --json cannot be written',
    ],
    ['a pattern without a match', chooseCases, ['--only', 'Z9'], '--only Z9 names no case'],
    ['an unknown case', chooseCases, ['--replay', 'U3'], 'There is no case U3.'],
    ['a file that is no report', () => readReportFile('package.json'), [], 'package.json is no report of this kit.'],
  ]
  for (const [what, run, args, message] of misuses) {
    test(what, async () => {
      await expect((async () => run(readArguments(args)))()).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringContaining(message),
      })
    })
  }
})
