import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseCommandLine, runCommand, UsageError } from '@bext-internal/command-line'
import { Stryker } from '@stryker-mutator/core'
import { equivalents } from './equivalents.js'
import { describeSurvivor, judge, textAt, type Survivor } from './survivors.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const source = 'packages/session-device/src'
const usage = `Usage: pnpm mutate:device [FILE...]

Changes the source of session-device a little, again and again, and runs its quick tests. Fails if a change survives
that internal/mutation/src/equivalents.ts does not explain. FILE is a path below ${source}, such as
check.ts or endpoints/respond.ts.`

/** Runs the tests against each change of the files. Resolves to the changes that survived. */
async function findSurvivors(files: readonly string[]): Promise<readonly Survivor[]> {
  const mutants = await new Stryker({
    mutate: files.map((file) => `${source}/${file}`),
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { configFile: 'internal/mutation/src/tests-of-device.ts', related: false },
    // Texts of errors are no behaviour.
    mutator: { excludedMutations: ['StringLiteral'] },
    coverageAnalysis: 'perTest',
    // Stryker reads it with the API of TypeScript, which version 7 does not have.
    tsconfigFile: 'none',
    ignorePatterns: ['/docs', '/examples', '/findings', '**/dist', '**/.tsbuild'],
    tempDirName: join(tmpdir(), 'mutate-device'),
    reporters: ['progress-append-only'],
    allowConsoleColors: false,
  }).runMutationTest()
  const survived = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  return Promise.all(
    survived.map(async ({ fileName, location, replacement }) => ({
      file: relative(join(root, source), fileName),
      line: location.start.line,
      original: textAt(await readFile(fileName, 'utf8'), location),
      replacement,
    })),
  )
}

async function main(): Promise<void> {
  const { values, positionals } = parseCommandLine(process.argv.slice(2), { help: { type: 'boolean' } })
  if (values.help === true) {
    console.log(usage)
    return
  }
  const unknown = positionals.find((file) => !existsSync(join(root, source, file)))
  if (unknown !== undefined) throw new UsageError(`There is no ${JSON.stringify(unknown)} below ${source}.`)
  process.chdir(root)
  const survivors = await findSurvivors(positionals.length > 0 ? positionals : ['**/*.ts'])
  const listed = equivalents.filter(({ file }) => positionals.length === 0 || positionals.includes(file))
  const { unexplained, outdated } = judge(survivors, listed)
  for (const survivor of unexplained) console.log(`\nsurvived: ${describeSurvivor(survivor)}`)
  for (const { file, original, replacement } of outdated) {
    console.log(`\nno survivor any more: ${file}: ${original} -> ${replacement}`)
  }
  console.log(`\n${survivors.length} survived, ${unexplained.length} of them unexplained.`)
  if (unexplained.length + outdated.length > 0) process.exitCode = 1
}

await runCommand(usage, main)
