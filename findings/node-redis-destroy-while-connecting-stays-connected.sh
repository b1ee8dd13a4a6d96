#!/usr/bin/env bash
# A client of node-redis that is destroyed while it connects stays connected: connect() resolves, the client says that it
# is ready and that it is closed, it rejects every command, and the process does not end. A second destroy() helps.
# Expected from memory: destroy() ends the attempt, and connect() rejects.
# Needs redis-server in PATH (seen with 7.0.15, Node 20.20.2 and 26.10.0). Fails if that has changed.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund @redis/client@6.3.1
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null & server=$!
cat >run.mjs <<'JS'
import { createClient } from '@redis/client'

const client = createClient({ socket: { path: process.argv[2] } })
client.on('error', () => {})
const connecting = client.connect()
client.destroy()
console.log(await connecting.then(() => 'connect() resolved', () => 'connect() rejected'))
console.log(`ready: ${client.isReady}, open: ${client.isOpen}, ping: ${await client.ping().catch(({ message }) => message)}`)
setTimeout(() => {
  console.log('a second later, the process still runs')
  client.destroy()
}, 1000).unref()
JS
until [ -S "$folder/redis.sock" ]; do sleep 0.1; done
seen=$(node run.mjs "$folder/redis.sock"); echo "$seen"
[ "$seen" = $'connect() resolved\nready: true, open: false, ping: The client is closed\na second later, the process still runs' ]
