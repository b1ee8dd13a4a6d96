#!/usr/bin/env bash
# The option socket.socketTimeout of node-redis is the idle timeout of the socket, which what is sent starts again. So it
# ends a healthy connection that is idle, after which the client with its default reconnectStrategy never connects again.
# And it keeps a connection on which no reply arrives as long as commands are sent.
# Expected from memory: it limits the wait for a reply, as socketTimeout of ioredis does.
# Needs redis-server in PATH (seen with 7.0.15). Fails if any of the three has changed.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund @redis/client@6.3.1 ioredis@6.0.0
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null & server=$!
cat >run.mjs <<'JS'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis'

let silent = false
const proxy = createServer((client) => {
  const upstream = connect(process.argv[2])
  client.on('error', () => {})
  upstream.on('error', () => {})
  client.on('data', (data) => silent || upstream.write(data))
  upstream.on('data', (data) => silent || client.write(data))
}).listen(0, '127.0.0.1')
await once(proxy, 'listening')
const { port } = proxy.address()
const socketTimeout = 400

const idle = createClient({ socket: { host: '127.0.0.1', port, socketTimeout } })
idle.on('error', () => {})
await idle.connect()
await sleep(1500)
console.log(`an idle client is ${idle.isOpen ? 'open' : 'closed for good'}`)

const busy = createClient({ socket: { host: '127.0.0.1', port, socketTimeout, reconnectStrategy: () => 50 } })
const like = new Redis({ port, socketTimeout, retryStrategy: () => 50 })
const ended = { busy: 0, like: 0 }
busy.on('error', () => (ended.busy += 1))
like.on('error', () => (ended.like += 1))
await busy.connect()
await like.ping()
silent = true
for (let n = 0; n < 30; n += 1) {
  busy.get('key').catch(() => {})
  like.get('key').catch(() => {})
  await sleep(100)
}
console.log(`under load without replies, node-redis ${ended.busy > 0 ? 'ended' : 'kept'} its connection`)
console.log(`under load without replies, ioredis ${ended.like > 0 ? 'ended' : 'kept'} its connection`)
process.exit(0)
JS
until [ -S "$folder/redis.sock" ]; do sleep 0.1; done
seen=$(node run.mjs "$folder/redis.sock"); echo "$seen"
[ "$seen" = $'an idle client is closed for good\nunder load without replies, node-redis kept its connection\nunder load without replies, ioredis ended its connection' ]
