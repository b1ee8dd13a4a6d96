#!/usr/bin/env bash
# A client of postgres.js 3.4.9 is ended with a timeout while a new connection waits for the types of the database, which
# it asks for by default. The caller's query is rejected, as expected, and so is a promise that nobody handles: Node would
# end the process. With fetch_types: false only the query is rejected.
# Expected from memory: end({ timeout }) rejects the queries that are left, and nothing else.
# Source: postgres/src/connection.js, fetchArrayTypes, which ReadyForQuery calls without a handler.
# Needs a PostgreSQL server (seen with 15): POSTGRES_URL, by default the one on localhost. Fails if nothing is unhandled.
set -euo pipefail
export POSTGRES_URL=${POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund postgres@3.4.9
cat >run.mjs <<'JS'
import { once } from 'node:events'
import net from 'node:net'
import postgres from 'postgres'

let unhandled = 0
process.on('unhandledRejection', () => unhandled++)
const server = new URL(process.env.POSTGRES_URL)
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5])

for (const fetch_types of [true, false]) {
  unhandled = 0
  let stall
  const stalled = new Promise((resolve) => (stall = resolve))
  let isStalled = false
  // A network that is silent from the moment when the connection is ready.
  const proxy = net.createServer((client) => {
    const upstream = net.connect(Number(server.port || 5432), server.hostname)
    client.on('data', (bytes) => isStalled || upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (isStalled) return
      client.write(bytes)
      if (bytes.includes(readyForQuery)) stall((isStalled = true))
    })
    client.on('close', () => upstream.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  await once(proxy.listen(0), 'listening')
  const url = new URL(server)
  url.host = `127.0.0.1:${proxy.address().port}`
  const sql = postgres(url.href, { fetch_types, max: 1 })
  const query = sql`select 1`.catch(({ code }) => code)
  await stalled
  await sql.end({ timeout: 0.2 })
  const code = await query
  await new Promise(setImmediate)
  console.log(`fetch_types ${fetch_types}: query ${code}, unhandled ${unhandled}`)
  proxy.close()
}
process.exit()
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = 'fetch_types true: query CONNECTION_DESTROYED, unhandled 1
fetch_types false: query CONNECTION_DESTROYED, unhandled 0' ]
