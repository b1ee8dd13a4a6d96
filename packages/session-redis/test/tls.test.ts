import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { startServer, type Server } from './helpers/servers.js'

const run = promisify(execFile)

let folder: string
let caFile: string
let server: Server
let port: number

async function findFreePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const found = (listener.address() as AddressInfo).port
  listener.close()
  await once(listener, 'close')
  return found
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-tls-'))
  const file = (name: string): string => join(folder, name)
  caFile = file('ca.crt')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const ca = ['-keyout', file('ca.key'), '-out', caFile, '-subj', '/CN=test CA']
  await run('openssl', ['req', '-x509', ...key, ...ca])
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const own = ['-keyout', file('server.key'), '-out', file('server.crt')]
  const signed = ['-CA', caFile, '-CAkey', file('ca.key'), '-addext', 'basicConstraints=critical,CA:FALSE']
  await run('openssl', ['req', '-x509', ...key, ...own, ...names, ...signed])
  server = await startServer()
  port = await findFreePort()
  const settings = {
    'tls-cert-file': file('server.crt'),
    'tls-key-file': file('server.key'),
    'tls-ca-cert-file': caFile,
    'tls-auth-clients': 'no',
  }
  await server.raw.config('SET', ...Object.entries(settings).flat())
  await server.raw.config('SET', 'tls-port', String(port))
})

afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('TLS', () => {
  it('works with a client that trusts the CA', async () => {
    const client = new Redis({ host: '127.0.0.1', port, tls: { ca: await readFile(caFile) } })
    const store = redisSessions({ client })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    expect(await store.read(id)).toMatchObject({ dataJson: '{}' })
    client.disconnect()
  })

  it('E3 with an unknown CA is unavailable, and the cause says why', async () => {
    const store = redisSessions({ url: `rediss://127.0.0.1:${port}`, timeoutMs: 1000 })
    const error = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 60_000 }))
    expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    expect(String(error.cause)).toMatch(/certificate/)
    await store.close()
  })

  it('works with a rediss:// URL and a CA from NODE_EXTRA_CA_CERTS', async () => {
    const program = `
      const { redisSessions } = await import('@bext/session-redis')
      const store = redisSessions({ url: process.argv[1] })
      const id = await store.create({ dataJson: '"over TLS"', ttlMs: 60_000 })
      console.log((await store.read(id)).dataJson)
      await store.close()`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program, `rediss://127.0.0.1:${port}`]
    const { stdout } = await run(process.execPath, args, {
      cwd: import.meta.dirname,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
    })
    expect(stdout.trim()).toBe('"over TLS"')
  })
})
