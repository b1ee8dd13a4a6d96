#!/usr/bin/env bash
# node-redis 5.0 to 5.8 decodes each packet of a reply by itself. A character of several bytes that arrives in two packets
# becomes replacement characters, so a value that was stored correctly is read as another one, without an error.
# Expected from memory: the bytes of a reply are put together before they are decoded, as 5.9 and later do.
# Needs redis-server in PATH (seen with 7.0.15). Fails if 5.8.3 reads what was stored, or if 5.9.0 does not.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund before@npm:@redis/client@5.8.3 after@npm:@redis/client@5.9.0
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null & server=$!
cat >run.mjs <<'JS'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

// Passes each reply on in packets of three bytes.
const proxy = createServer((client) => {
  const upstream = connect(process.argv[2])
  client.setNoDelay(true).on('error', () => {})
  upstream.on('error', () => {})
  client.pipe(upstream)
  let sent = Promise.resolve()
  upstream.on('data', (reply) => {
    sent = sent.then(async () => {
      for (let at = 0; at < reply.length; at += 3) {
        client.write(reply.subarray(at, at + 3))
        await turn()
      }
    })
  })
}).listen(0, '127.0.0.1')
await once(proxy, 'listening')
const text = 'ü'.repeat(100)
for (const [version, name] of [['5.8.3', 'before'], ['5.9.0', 'after']]) {
  const { createClient } = await import(name)
  const client = createClient({ socket: { host: '127.0.0.1', port: proxy.address().port } })
  client.on('error', () => {})
  await client.connect()
  await client.set('text', text)
  console.log(`${version} reads ${(await client.get('text')) === text ? 'what was stored' : 'another text'}`)
  client.destroy()
}
process.exit(0)
JS
until [ -S "$folder/redis.sock" ]; do sleep 0.1; done
seen=$(node run.mjs "$folder/redis.sock"); echo "$seen"
[ "$seen" = $'5.8.3 reads another text\n5.9.0 reads what was stored' ]
