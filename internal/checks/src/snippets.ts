import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ServiceUrls } from '@bext-internal/test-services'
import { transform } from 'esbuild'
import type { CodeBlock } from './markdown.js'
import { askServer, type Command, freePort, nodeArgs, plainEnv, runToEnd } from './process.js'
import { packages, root } from './workspace.js'

/** Inside this package, so that an import finds the workspace's packages and the drivers. */
const folder: string = join(root, 'internal/checks/.cache/docs')
// One that does not end shows; one that has to wait for others on a busy machine is right.
const timeoutMs = 60_000

const extensionOf = ({ flags }: CodeBlock): string => (flags.includes('vitest') ? '.test.ts' : '.ts')
const fileName = (block: CodeBlock): string =>
  `${block.file.replaceAll('/', '-').replace(/\.md$/, '')}-${block.line}${extensionOf(block)}`

/** Where a block stands, as an editor opens it. */
export const placeOf = ({ file, line }: CodeBlock): string => `${file}:${line}`

/** Writes every block to a file of its own, where its lines have the numbers that they have in the Markdown. */
export function writeSnippets(blocks: readonly CodeBlock[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const block of blocks) writeFileSync(join(folder, fileName(block)), '\n'.repeat(block.line - 1) + block.code)
  const up = relative(folder, root)
  const config = {
    extends: `${up}/tsconfig.base.json`,
    // An example may name a thing that it does not use.
    compilerOptions: {
      types: ['node'],
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noEmit: true,
    },
    include: ['*.ts'],
    references: packages.map((one) => ({ path: `${up}/${one.folder}` })),
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'vitest.config.js'), 'export default {}')
}

/** Compiles all written blocks at once. Resolves to the compiler's messages, with the places in the Markdown. */
export async function compileSnippets(blocks: readonly CodeBlock[]): Promise<string[]> {
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false']
  const { code, output } = await runToEnd({ command: process.execPath, args, cwd: folder, env: plainEnv({}) }, 60_000)
  if (code === 0) return []
  const inMarkdown = blocks.reduce((text, one) => text.replaceAll(`${fileName(one)}(`, `${one.file}(`), output)
  return inMarkdown.trimEnd().split(/\n(?=\S)/)
}

/** Whether nothing is left of the code once its types are taken away. */
export async function isOnlyTypes(code: string): Promise<boolean> {
  const { code: rest } = await transform(code, { loader: 'ts', format: 'esm' })
  return rest.trim() === ''
}

/** The environment that the docs promise to their examples. */
export function exampleEnv({ redisUrl, postgresUrl }: ServiceUrls, port: number): NodeJS.ProcessEnv {
  const secret = crypto.getRandomValues(Buffer.alloc(32)).toString('hex')
  return plainEnv({ REDIS_URL: redisUrl, DATABASE_URL: postgresUrl, SESSION_SECRET: secret, PORT: String(port) })
}

/** Runs an example as its flags say: a server answers one request, anything else ends with code 0. Rejects if not. */
export async function runExample(
  flags: readonly string[],
  command: Omit<Command, 'env'>,
  servers: ServiceUrls,
): Promise<void> {
  const port = await freePort()
  const withEnv = { ...command, env: exampleEnv(servers, port) }
  if (flags.includes('server')) {
    const status = await askServer(withEnv, port, timeoutMs)
    if (status >= 400) throw new Error(`The server answered / with status ${status}`)
    return
  }
  const { code, output } = await runToEnd(withEnv, timeoutMs)
  if (code === undefined) throw new Error(`It did not end by itself within ${timeoutMs} ms:\n${output}`)
  if (code !== 0) throw new Error(`It ended with code ${code}:\n${output}`)
}

/** Runs a written block from its TypeScript source. */
export async function runSnippet(block: CodeBlock, servers: ServiceUrls): Promise<void> {
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', `--root=${folder}`]
  const tsx = ['--import', import.meta.resolve('tsx')]
  const args = [...nodeArgs, ...(block.flags.includes('vitest') ? vitest : tsx), join(folder, fileName(block))]
  await runExample(block.flags, { command: process.execPath, args, cwd: folder }, servers)
}
