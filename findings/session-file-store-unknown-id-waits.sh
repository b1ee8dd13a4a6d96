#!/usr/bin/env bash
# session-file-store looks for the file of an unknown session six times, with pauses of 50 ms by default. So every visitor
# with a cookie whose session has ended waits for a quarter of a second before the page begins.
# Expected from memory: one failed look-up, and an answer at once.
# Source: session-file-store 1.5.0, options retries, minTimeout and maxTimeout. Fails if the answer takes less than 200 ms,
# or more than 50 ms with retries: 0.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund session-file-store@1.5.0 express-session@1.19.0
cat >run.mjs <<'JS'
import session from 'express-session'
import fileStore from 'session-file-store'

async function lookUp(options) {
  const store = new (fileStore(session))({ path: './sessions', reapInterval: -1, logFn() {}, ...options })
  const startedAtMs = performance.now()
  await new Promise((resolve) => store.get('unknown', resolve))
  return performance.now() - startedAtMs
}
await lookUp({ retries: 0 })
const [byDefault, once] = [await lookUp({}), await lookUp({ retries: 0 })]
console.log(`by default: ${Math.round(byDefault)} ms; with retries: 0: ${Math.round(once)} ms`)
process.exitCode = byDefault >= 200 && once <= 50 ? 0 : 1
JS
node run.mjs
