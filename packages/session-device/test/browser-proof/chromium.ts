import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { waitUntil } from '@bext-internal/test-services'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** The Chromium of PATH, or undefined if PATH has none. */
export const installedChromium = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((file) => existsSync(file))

export interface RunningChromium {
  readonly browser: Browser
  /** Context whose cookies and device-bound sessions are in the profile. */
  readonly context: BrowserContext
  /** Closes Chromium as a user does, so that it stores the profile. */
  close(): Promise<void>
}

/**
 * Starts the Chromium of PATH with device-bound sessions and software keys. It trusts the certificate with this key only, because
 * it has no device-bound sessions where it ignores all certificate errors.
 */
export async function startChromium(publicKeyHash: string, profile: string): Promise<RunningChromium> {
  if (installedChromium === undefined) throw new Error('PATH contains no chromium. Install Chromium, and try again.')
  const portFile = join(profile, 'DevToolsActivePort')
  await rm(portFile, { force: true })
  const program = spawn(
    installedChromium,
    [
      '--headless=new',
      '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
      `--ignore-certificate-errors-spki-list=${publicKeyHash}`,
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      // Not the new tab page, which loads in several frames while the driver attaches to it.
      'about:blank',
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: profile } },
  )
  const exited = once(program, 'exit')
  const port = await waitUntil(async () => {
    const [line = ''] = (await readFile(portFile, 'utf8')).split('\n')
    if (line === '') throw new Error('Chromium has not started.')
    return line
  }, 30_000)
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`)
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no context.')
  return {
    browser,
    context,
    async close() {
      const devtools = await browser.newBrowserCDPSession()
      await devtools.send('Browser.close')
      await exited
    },
  }
}
