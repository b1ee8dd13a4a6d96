import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, inject, it } from 'vitest'

const packageFolder = new URL('..', import.meta.url)
const patient = 60_000
let blocks: string[]

beforeAll(async () => {
  const readme = await readFile(new URL('README.md', packageFolder), 'utf8')
  const [, section = ''] = /^## Configure ioredis$(.*?)^## Another client$/ms.exec(readme) ?? []
  blocks = [...section.matchAll(/^```ts.*?$(.*?)^```$/gms)].map(([, code = '']) => code)
})

/** Runs the code in a separate process, and resolves to its output. Rejects if the process does not exit with 0. */
async function run(code: string, url: string): Promise<{ stdout: string; stderr: string }> {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code]
  return promisify(execFile)(process.execPath, args, {
    cwd: packageFolder,
    env: { ...process.env, REDIS_URL: url },
    timeout: patient,
  })
}

describe("the README's clients", () => {
  it('are for a server, Sentinel, a Cluster and node-redis', () => {
    expect(blocks.map((code) => /(new (Redis|Cluster)|create\w+)\(\S*/.exec(code)?.[0])).toEqual([
      'new Redis(REDIS_URL,',
      'new Redis({',
      'new Cluster([{',
      'createClient({',
    ])
  })

  it.each([0, 3])('number %i starts and shuts down without a warning', { timeout: patient }, async (number) => {
    expect(await run(blocks[number] ?? '', inject('redisUrl'))).toEqual({ stdout: 'true\n', stderr: '' })
  })

  it.each([0, 3])('H1 number %i shuts down cleanly while Redis is down', { timeout: patient }, async (number) => {
    const { stdout, stderr } = await run(blocks[number] ?? '', 'redis://127.0.0.1:1')
    expect(stdout).toBe('false\n')
    expect(stderr).toMatch(/^(redis .*\n)+$/)
  })

  it.each([1, 2])('number %i causes no warning', { timeout: patient }, async (number) => {
    const warned = (blocks[number] ?? '').replace(
      'redisSessions({ client })',
      'redisSessions({ client, onWarning: ({ code }) => console.log(code) })\nconsole.log("made")\nclient.disconnect()',
    )
    expect((await run(warned, '')).stdout).toBe('made\n')
  })
})
