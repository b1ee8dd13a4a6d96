import { UserError } from './user-error.js'
import type { DemoOptions } from './options.js'
import { parseOptions, usage } from './options.js'
import { serve } from './serve.js'
import { walkAll } from '../walk/run.js'

const interrupted = new AbortController()
let interruptedAtMs = 0

// Runners forward a signal that the terminal has already sent. So only a signal more than a second later exits at once.
function interrupt(): void {
  if (!interrupted.signal.aborted) interruptedAtMs = Date.now()
  else if (Date.now() - interruptedAtMs > 1000) process.exit(130)
  interrupted.abort()
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

// Loaded on demand, because the browser driver takes a while to load.
async function walkInBrowser(options: DemoOptions): Promise<void> {
  const { walkAllInBrowser } = await import('../walk/browser/run.js')
  await walkAllInBrowser(options, interrupted.signal)
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(usage)
  else if (options.browser) await walkInBrowser(options)
  else if (options.once) await walkAll(options, interrupted.signal)
  else await serve(options, interrupted.signal)
}

try {
  await main()
} catch (error) {
  if (interrupted.signal.aborted) {
    process.exitCode = 130
  } else if (error instanceof UserError) {
    console.error(error.message)
    process.exitCode = error.exitCode
  } else {
    console.error(error)
    process.exitCode = 1
  }
}
