#!/usr/bin/env bash
# unstorage's setItem takes the option ttl, in seconds. Its drivers for memory and for files drop it without a word, so a
# session that an app stores with a ttl never ends where these drivers stand in for Redis, as in development.
# Expected from memory: each driver honours ttl, or rejects it.
# Source: unstorage 1.17.6, drivers/memory and drivers/fs, whose setItem has no parameter for options. Fails if an item ends.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund unstorage@1.17.6
cat >run.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStorage } from 'unstorage'
import fs from 'unstorage/drivers/fs'
import memory from 'unstorage/drivers/memory'

for (const driver of [memory(), fs({ base: './items' })]) {
  const storage = createStorage({ driver })
  await storage.setItem('session', 'ann', { ttl: 1 })
  await sleep(2000)
  console.log(`${driver.name}: after 2 seconds of 1, ${await storage.getItem('session')}`)
}
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'memory: after 2 seconds of 1, ann\nfs: after 2 seconds of 1, ann' ]
