import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoreHarness } from '../src/index.js'
import { applicableCases, kitVersion } from '../src/index.js'
import type { Ended, Project } from './helpers/pack.js'
import { installPacked, runCommand } from './helpers/pack.js'
import manifest from 'vitest/package.json' with { type: 'json' }

const runners = [`vitest@${manifest.version}`, 'jest@30.5.2']

const store = `
import { memorySessions } from '@bext/session-core/memory'
const stores = new Map()
export function storeOf(namespace) {
  const store = stores.get(namespace) ?? memorySessions()
  stores.set(namespace, store)
  return store
}
`
const head = `name: 'memory', family: 'server', capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id']`
const right = `
import { storeOf } from './store.js'
export default { ${head}, open: ({ namespace }) => ({ store: storeOf(namespace) }) }
`
/** Source of a store whose update() resolves for any id. */
const broken = `
import { storeOf } from './store.js'
const open = ({ namespace }) => {
  const store = storeOf(namespace)
  return { store: { ...store, update: (id, dataJson) => store.update(id, dataJson).catch(() => id) } }
}
export default { ${head}, open }
`
const testFile = (adapter: string, harness: string): string => `
import { testConformance } from '@bext/session-conformance/${adapter}'
import harness from '../${harness}.js'
testConformance(harness, { seed: 7 })
`
const adapters = ['vitest', 'node-test', 'jest'] as const
const harnesses = ['right', 'broken'] as const

let project: Project | undefined
const folder = (): string => project?.folder ?? ''

beforeAll(async () => {
  project = await installPacked(runners)
  const files = {
    'store.js': store,
    'right.js': right,
    'broken.js': broken,
    'typed.ts': 'export { default } from "./right.js"\nexport const limit: number = 1\n',
    'imports-typed.js': 'export { default } from "./typed.js"\n',
    'vitest.config.js': 'export default { test: { include: ["vitest-*/*.js"] } }',
    'jest.config.js': 'export default { testMatch: ["**/jest-*/*.js"], transform: {} }',
  }
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder(), name), code)
  for (const adapter of adapters) {
    for (const harness of harnesses) {
      await mkdir(join(folder(), `${adapter}-${harness}`))
      await writeFile(join(folder(), `${adapter}-${harness}`, 'conformance.js'), testFile(adapter, harness))
    }
  }
}, 120_000)
afterAll(() => project?.remove())

const shape: StoreHarness = {
  name: 'memory',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
  open: () => {
    throw new Error('It is not opened here.')
  },
}
const total = applicableCases(shape).length

interface Counts {
  readonly passed: number
  readonly failed: number
}

/** Command of each runner, and patterns for the counts in its output. */
const runs: Readonly<
  Record<
    (typeof adapters)[number],
    { args: (harness: string) => readonly string[]; counts: (output: string) => Counts }
  >
> = {
  vitest: {
    args: (harness) => ['node_modules/vitest/vitest.mjs', 'run', `vitest-${harness}`, '--reporter=json'],
    counts: (output) => {
      const report = JSON.parse(output.slice(output.indexOf('{'))) as { numPassedTests: number; numFailedTests: number }
      return { passed: report.numPassedTests, failed: report.numFailedTests }
    },
  },
  'node-test': {
    args: (harness) => ['--test', '--test-reporter=tap', `node-test-${harness}/conformance.js`],
    counts: (output) => ({
      passed: Number(/^# pass (\d+)$/m.exec(output)?.[1]),
      failed: Number(/^# fail (\d+)$/m.exec(output)?.[1]),
    }),
  },
  jest: {
    args: (harness) => ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', `jest-${harness}/`],
    counts: (output) => ({
      passed: Number(/^Tests:.* (\d+) passed/m.exec(output)?.[1]),
      failed: Number(/^Tests:.* (\d+) failed/m.exec(output)?.[1] ?? 0),
    }),
  },
}

const run = (args: readonly string[]): Promise<Ended> => runCommand(process.execPath, args, folder())

describe.concurrent('the packed kit, installed by npm', { timeout: 120_000 }, () => {
  for (const adapter of adapters) {
    const { args, counts } = runs[adapter]

    test(`${adapter}: each case is a test, and a correct store passes all`, async () => {
      const { code, output } = await run(args('right'))
      expect({ code, ...counts(output) }, output.slice(-2000)).toEqual({ code: 0, passed: total, failed: 0 })
    })

    test(`${adapter}: a broken store fails, with the report of each bug`, async () => {
      const { code, output } = await run(args('broken'))
      const { passed, failed } = counts(output)
      expect(code).toBe(1)
      expect(failed).toBeGreaterThan(3)
      expect(passed + failed).toBe(total)
      expect(output).toContain('U3-deleted  (MUST, rule U3)  store: memory')
      expect(output).toContain('updating a deleted session to be answered with NotFound')
    })
  }

  const command = 'node_modules/.bin/session-conformance'

  test('the command passes a correct store, also with --quick, and prints its version', async () => {
    const [all, quick, version] = await Promise.all([
      run([command, './right.js']),
      run([command, './right.js', '--quick', '--json', '-']),
      run([command, '--version']),
    ])
    expect(all, all.output).toMatchObject({ code: 0 })
    expect(all.output).toContain('Profiles: server/core 1.0, instances, by-user, sweep, compare')
    expect(JSON.parse(quick.output)).toMatchObject({ outcome: 'pass' })
    expect(version).toEqual({ code: 0, output: `${kitVersion}\n` })
  })

  test('the command fails a broken store, with the report of the bug', async () => {
    const { code, output } = await run([command, './broken.js', '--only', 'U3', '--seed', '7'])
    expect(code).toBe(1)
    expect(output).toContain('FAIL  U3-unknown  (MUST, rule U3)  store: memory')
    expect(output).toContain('npx @bext/session-conformance ./broken.js --seed 7 --replay U3-unknown')
  })

  test('the command runs TypeScript if Node does, and otherwise says what to do', async () => {
    const { code, output } = await run([command, './typed.ts', '--only', 'H1-up'])
    const runsTypeScript = 'typescript' in process.features && Boolean(process.features.typescript)
    if (runsTypeScript) expect(code, output).toBe(0)
    else
      expect({ code, output }).toMatchObject({
        code: 2,
        output: expect.stringContaining('node --import tsx node_modules/.bin/session-conformance ./typed.ts'),
      })
  })

  test('the command says what to do about a module that exists in TypeScript only', async () => {
    expect(await run([command, './imports-typed.js'])).toMatchObject({
      code: 2,
      output: expect.stringContaining(
        './imports-typed.js imports typed.js, which exists in TypeScript only. Install tsx and run it with: node --import tsx',
      ),
    })
  })
})
