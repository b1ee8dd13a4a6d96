// Walks through device-bound sessions in the Chromium of PATH: pnpm prove:device [screenshot.png]. Takes four minutes.
import { walkThroughBinding } from './walk.js'

await walkThroughBinding((text) => process.stdout.write(`${text}\n`), process.argv[2])
