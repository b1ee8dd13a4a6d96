import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ServiceUrls } from '@bext-internal/test-services'
import { forNode, workspaceOnly } from '@bext-internal/test-services/bundle'
import { build, transform } from 'esbuild'
import type { CodeBlock } from './markdown.js'
import { type Command, freePort, nodeArgs, plainEnv, runToEnd, withServer } from './process.js'
import { packages, root } from './workspace.js'

/** Folder for the blocks. It is inside this package, so that imports find the workspace's packages and the drivers. */
const folder: string = join(root, 'internal/checks/.cache/docs')
// Long enough for a busy machine, so that only an example that never ends exceeds it.
const timeoutMs = 150_000

/** Returns whether a block is a test file. */
export const isTest = ({ flags }: CodeBlock): boolean => flags.includes('vitest')
/** Packages of the workspace that are not published find their files beside their sources, so they are not bundled. */
const isInternal = ({ code }: CodeBlock): boolean => code.includes('@bext-internal/')
const extensionOf = (block: CodeBlock): string => (isTest(block) ? '.test.ts' : '.ts')
const fileName = (block: CodeBlock): string =>
  `${block.file.replaceAll('/', '-').replace(/\.md$/, '')}-${block.line}${extensionOf(block)}`

/** Returns the file and line of a block, as editors open them. */
export const placeOf = ({ file, line }: CodeBlock): string => `${file}:${line}`

/** Packages that declare another `session` of the requests of Express and Fastify than ours. */
const otherSession = /from '(?:express-session|@fastify\/session|@bext\/session-express)'/

function isOther({ code }: CodeBlock): boolean {
  return otherSession.test(code)
}

/** The blocks by the file of their compiler options. A program can contain only one type of `request.session`. */
function programsOf(blocks: readonly CodeBlock[]): Map<string, readonly CodeBlock[]> {
  return new Map([
    ['tsconfig.json', blocks.filter((block) => !isOther(block))],
    ['tsconfig.other-session.json', blocks.filter(isOther)],
  ])
}

/** Writes every block to a separate file. Its lines keep the numbers that they have in the Markdown. */
export function writeSnippets(blocks: readonly CodeBlock[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const block of blocks) writeFileSync(join(folder, fileName(block)), '\n'.repeat(block.line - 1) + block.code)
  const up = relative(folder, root)
  const config = {
    extends: `${up}/tsconfig.base.json`,
    // An example may declare something that it does not use.
    compilerOptions: {
      types: ['node'],
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noEmit: true,
    },
    references: packages.map((one) => ({ path: `${up}/${one.folder}` })),
  }
  for (const [file, parts] of programsOf(blocks)) {
    writeFileSync(join(folder, file), JSON.stringify({ ...config, files: parts.map(fileName) }))
  }
  writeFileSync(join(folder, 'vitest.config.js'), 'export default {}')
}

/** Compiles all written blocks. Resolves to the compiler's messages, with the lines in the Markdown. */
export async function compileSnippets(blocks: readonly CodeBlock[]): Promise<string[]> {
  const messages = await Promise.all([...programsOf(blocks).keys()].map((file) => compile(join(folder, file))))
  return messages
    .flat()
    .map((message) => blocks.reduce((text, one) => text.replaceAll(`${fileName(one)}(`, `${one.file}(`), message))
}

async function compile(project: string): Promise<string[]> {
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--pretty', 'false']
  const { code, output } = await runToEnd(
    { command: process.execPath, args, cwd: folder, env: plainEnv({}) },
    timeoutMs,
  )
  return code === 0 ? [] : output.trimEnd().split(/\n(?=\S)/)
}

/** Compiles the written blocks to a file each, which starts faster than sources. */
export async function bundleSnippets(blocks: readonly CodeBlock[]): Promise<void> {
  await build({
    ...forNode,
    entryPoints: blocks
      .filter((block) => !isTest(block) && !isInternal(block))
      .map((block) => join(folder, fileName(block))),
    outdir: folder,
    plugins: [workspaceOnly],
  })
}

/** Returns whether the code consists of types only. */
export async function isOnlyTypes(code: string): Promise<boolean> {
  const { code: rest } = await transform(code, { loader: 'ts', format: 'esm' })
  return rest.trim() === ''
}

/** Returns the environment variables that the docs promise to their examples. */
export function exampleEnv({ redisUrl, postgresUrl }: ServiceUrls, port: number): NodeJS.ProcessEnv {
  const secret = crypto.getRandomValues(Buffer.alloc(32)).toString('hex')
  return plainEnv({ REDIS_URL: redisUrl, DATABASE_URL: postgresUrl, SESSION_SECRET: secret, PORT: String(port) })
}

/** Requests a page of a server, and the icon that browsers request with each page, which must not count as a visit. */
async function visit(command: Command, port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/`
  await withServer(command, url, timeoutMs, async ({ status }) => {
    if (status >= 400)
      throw new Error(`Expected the server to respond to / with a status below 400, but it was ${status}.`)
    const icon = await fetch(`${url}favicon.ico`, { signal: AbortSignal.timeout(timeoutMs) })
    await icon.arrayBuffer()
    if (icon.headers.has('Set-Cookie'))
      throw new Error('Expected the server to answer /favicon.ico without a session, but it set a cookie.')
  })
}

/** Runs an example: a server must serve a visit, any other example must end with code 0. Rejects otherwise. */
export async function runExample(
  flags: readonly string[],
  command: Omit<Command, 'env'>,
  servers: ServiceUrls,
): Promise<void> {
  const port = await freePort()
  const withEnv = { ...command, env: exampleEnv(servers, port) }
  if (flags.includes('server')) {
    await visit(withEnv, port)
    return
  }
  const { code, output } = await runToEnd(withEnv, timeoutMs)
  if (code === undefined) throw new Error(`The example did not end within ${timeoutMs} ms:\n${output}`)
  if (code !== 0) throw new Error(`The example ended with code ${code}:\n${output}`)
}

/** Runs a written example, one of published packages as `bundleSnippets` has compiled it. */
export async function runSnippet(block: CodeBlock, servers: ServiceUrls): Promise<void> {
  const file = join(folder, fileName(block))
  const bundled = ['--enable-source-maps', file.replace(/ts$/, 'js')]
  const source = ['--import', import.meta.resolve('tsx'), file]
  const args = [...nodeArgs, ...(isInternal(block) ? source : bundled)]
  await runExample(block.flags, { command: process.execPath, args, cwd: folder }, servers)
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly failureMessages: readonly string[] | null }[]
  }[]
}

/** Runs all written tests with one Vitest. Resolves to the failures of a block, which are empty if it has passed. */
export async function runTestSnippets(
  blocks: readonly CodeBlock[],
  { redisUrl, postgresUrl }: ServiceUrls,
): Promise<(block: CodeBlock) => string> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reportFile = join(folder, 'vitest.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const files = blocks.map((block) => join(folder, fileName(block)))
  const args = [...nodeArgs, vitest, 'run', `--root=${folder}`, ...reporters, ...files]
  const env = exampleEnv({ redisUrl, postgresUrl }, await freePort())
  const { output } = await runToEnd({ command: process.execPath, args, cwd: folder, env }, timeoutMs)
  const { testResults } = await readFile(reportFile, 'utf8').then(
    (text) => JSON.parse(text) as TestReport,
    () => ({ testResults: [] }),
  )
  return (block) => {
    const result = testResults.find(({ name }) => name.endsWith(`/${fileName(block)}`))
    if (result?.status === 'passed' && result.assertionResults.length > 0) return ''
    const failures = result?.assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []) ?? []
    return [result?.message ?? '', ...failures].join('\n').trim() || output
  }
}
