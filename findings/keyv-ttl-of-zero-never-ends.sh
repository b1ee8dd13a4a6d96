#!/usr/bin/env bash
# Keyv stores a value without an end if its ttl is 0, negative or NaN. A store of sessions that passes on the rest of a
# session's life thereby makes a session that ends at this moment last for ever. A ttl of half a millisecond does end.
# Expected from memory: such a value has expired already, or set rejects it.
# Source: keyv 6.1.0. Fails if a value with such a ttl ends or is rejected, or if the one with 0.5 stays.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund keyv@6.1.0
cat >run.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises'
import Keyv from 'keyv'

for (const ttlMs of [0.5, 0, -1, Number.NaN]) {
  const keyv = new Keyv()
  await keyv.set('session', 'ann', ttlMs)
  await sleep(100)
  console.log(`${ttlMs}: ${await keyv.get('session')}`)
}
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'0.5: undefined\n0: ann\n-1: ann\nNaN: ann' ]
