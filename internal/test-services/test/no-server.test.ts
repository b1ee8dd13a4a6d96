import { describe, expect, test } from 'vitest'
import { startService } from '../src/start-service.js'
import { emptyMachine } from './machines.js'
import { services } from './support.js'

describe.each(services)('$service.name', ({ service }) => {
  test('without any server, the error says what was tried and what helps', async () => {
    const error: unknown = await startService(service, emptyMachine).catch((reason: unknown) => reason)
    const { message } = error as Error
    expect(message).toContain(`There is no ${service.name} server to run against.`)
    expect(message).toContain(`- url: ${service.urlVariable} is not set.`)
    expect(message).toContain('- container: no engine answers')
    expect(message).toMatch(/- local: no folder of PATH has /)
    expect(message).toMatch(/- registry: (npm|apt-get) is not in PATH/)
    expect(message).toContain(`1. Give the URL of a server: ${service.urlVariable}=`)
    expect(message).toMatch(/2\. Start a container engine .* `docker compose up --wait`/)
    expect(message).toMatch(/3\. Install the binaries: `apt-get install /)
  })

  test('a requested route is the only one that is tried', async () => {
    const env = { PATH: '', BEXT_TEST_SERVICES: 'local', [service.urlVariable]: service.exampleUrl }
    const error: unknown = await startService(service, { ...emptyMachine, env }).catch((reason: unknown) => reason)
    expect((error as Error).message.match(/^- \w+/gm)).toEqual(['- local'])
  })

  test('the route "url" fails without a URL', async () => {
    const env = { PATH: '', BEXT_TEST_SERVICES: 'url' }
    const starting = startService(service, { ...emptyMachine, env })
    await expect(starting).rejects.toThrow(`- url: ${service.urlVariable} is not set.`)
  })

  test('an unknown route is rejected', async () => {
    const env = { PATH: '', BEXT_TEST_SERVICES: 'cloud' }
    await expect(startService(service, { ...emptyMachine, env })).rejects.toThrow(
      'BEXT_TEST_SERVICES must be one of url, container, local, registry, or unset to try all, but it is "cloud".',
    )
  })
})
