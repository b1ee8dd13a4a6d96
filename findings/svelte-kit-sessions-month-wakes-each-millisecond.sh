#!/usr/bin/env bash
# The store in memory of svelte-kit-sessions sets a timer for the next expiry. An expiry in more than 24.8 days does not fit
# into a timer of Node, which then fires after a millisecond, with a warning, and the store sets it again. So a session of a
# month keeps the process busy and fills its log. The session itself is kept.
# Expected from memory: such a session is lost at once, because the timer that fires early removes it.
# Source: svelte-kit-sessions 0.4.0, memory-store.js, over @isaacs/ttlcache 1.4.1, setTimer. Fails if the timer fires less
# than fifty times in two seconds, or if the session is gone.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts svelte-kit-sessions@0.4.0 @isaacs/ttlcache@1.4.1
cat >run.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises'
import { MemoryStore } from 'svelte-kit-sessions'

const dayMs = 24 * 60 * 60 * 1000
async function warningsWith(days) {
  const store = new MemoryStore()
  let warnings = 0
  const count = ({ name }) => (warnings += name === 'TimeoutOverflowWarning' ? 1 : 0)
  process.on('warning', count)
  await store.set('session', { data: 'ann' }, days * dayMs)
  await sleep(2000)
  const kept = (await store.get('session'))?.data
  await store.destroy('session')
  process.off('warning', count)
  console.log(`${days} days: ${warnings > 50 ? 'many' : warnings} warnings in two seconds, session: ${kept}`)
}
await warningsWith(24)
await warningsWith(30)
JS
seen=$(node -C svelte run.mjs 2>/dev/null); echo "$seen"
[ "$seen" = $'24 days: 0 warnings in two seconds, session: ann\n30 days: many warnings in two seconds, session: ann' ]
