import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@bext-internal/test-services'
import { type Browser, chromium } from 'playwright-core'

export interface RunningChromium {
  readonly browser: Browser
  close(): Promise<void>
}

/**
 * Starts the Chromium of PATH with device-bound sessions and software keys. It trusts the certificate with this key only, because
 * it has no device-bound sessions where it ignores all certificate errors.
 */
export async function startChromium(publicKeyHash: string): Promise<RunningChromium> {
  const profile = await mkdtemp(join(tmpdir(), 'bext-device-'))
  const program = spawn(
    process.env['CHROMIUM'] ?? 'chromium',
    [
      '--headless=new',
      '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
      `--ignore-certificate-errors-spki-list=${publicKeyHash}`,
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: profile } },
  )
  const exited = once(program, 'exit')
  const port = await waitUntil(async () => {
    const [line = ''] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')
    if (line === '') throw new Error('Chromium has not started.')
    return line
  }, 30_000)
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`)
  return {
    browser,
    async close() {
      await browser.close()
      program.kill()
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
