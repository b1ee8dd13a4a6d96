#!/usr/bin/env bash
# ioredis with its default options sends a command again whose reply was lost with the connection. A command that is no
# repeatable one then takes effect twice, and the caller hears of one: INCR answers 2 to the only caller, and a
# compare-and-set is refused by its own first run.
# Expected from memory: the pending promise is rejected, as node-redis does.
# Needs redis-server in PATH (seen with 7.0.15). Fails if each command takes effect once.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund ioredis@6.0.0
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null & server=$!
cat >run.mjs <<'JS'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Redis } from 'ioredis'

const direct = new Redis({ path: process.argv[2] })
let cutReplies = false
const proxy = createServer((client) => {
  const upstream = connect(process.argv[2])
  client.pipe(upstream)
  client.on('error', () => {})
  upstream.on('error', () => {})
  upstream.on('data', (reply) => {
    if (!cutReplies) return client.write(reply)
    cutReplies = false
    client.resetAndDestroy()
  })
}).listen(0, '127.0.0.1')
await once(proxy, 'listening')
const redis = new Redis({ host: '127.0.0.1', port: proxy.address().port })
redis.on('error', () => {})
await redis.ping()
cutReplies = true
console.log(`INCR answers ${await redis.incr('visits')}, the server holds ${await direct.get('visits')}`)
await direct.set('data', 'old')
const compareAndSet = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'changed' end redis.call('SET', KEYS[1], ARGV[2]) return 'updated'"
cutReplies = true
console.log(`compare-and-set answers ${await redis.eval(compareAndSet, 1, 'data', 'old', 'new')}, the server holds ${await direct.get('data')}`)
process.exit(0)
JS
seen=$(node run.mjs "$folder/redis.sock"); echo "$seen"
[ "$seen" = $'INCR answers 2, the server holds 2\ncompare-and-set answers changed, the server holds new' ]
