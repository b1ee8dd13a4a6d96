import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'

const packageFolder = new URL('..', import.meta.url)
const patient = { timeout: 60_000 }

// Makes one package unresolvable, as if it was not installed.
const hooks = `export function resolve(specifier, context, next) {
  if (specifier === 'ioredis') throw Object.assign(new Error('ioredis is not installed'), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(specifier, context)
}`
const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
const withoutIoredis = asModule(`import { register } from 'node:module'\nregister(${JSON.stringify(asModule(hooks))})`)

function run(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  // Node 26 warns of module.register, which tsx calls, too.
  const options = ['--disable-warning=DEP0205', '--import', 'tsx', '--import', withoutIoredis]
  return promisify(execFile)(process.execPath, [...options, ...args], {
    cwd: packageFolder,
    env: { ...process.env, REDIS_URL: inject('redisUrl') },
  })
}

it('without ioredis, a client of node-redis works, and a URL tells what to install', patient, async () => {
  const code = `
    import { redisSessions } from '@bext/session-redis'
    import { createClient } from 'redis'
    const client = createClient({ url: process.env.REDIS_URL })
    client.on('error', () => {})
    await client.connect()
    console.log(await redisSessions({ client }).isHealthy())
    client.destroy()
    const store = redisSessions({ url: process.env.REDIS_URL })
    const error = await store.create({ dataJson: '1', ttlMs: 1000 }).catch((each) => each)
    console.log(error.code, error.message)
    await store.close()`
  const message =
    'Option url of redisSessions needs the package ioredis, which cannot be loaded. Run npm install ioredis.'
  expect((await run('--input-type=module', '--eval', code)).stdout).toBe(`true\nBackend ${message}\n`)
})

it('without ioredis, the doctor tells what to install', patient, async () => {
  const main = fileURLToPath(new URL('../src/doctor/main.ts', import.meta.url))
  const failed: unknown = await run(main, 'doctor', inject('redisUrl')).catch((error: unknown) => error)
  expect(failed).toMatchObject({
    code: 2,
    stderr: 'The doctor needs the package ioredis, which cannot be loaded. Run npm install ioredis.\n',
  })
})
