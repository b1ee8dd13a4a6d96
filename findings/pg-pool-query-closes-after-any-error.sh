#!/usr/bin/env bash
# The server rejects a statement that node-postgres 8.23.1 ran by pool.query, for example because of a constraint. The
# connection is as good as before, but the pool closes it, and opens another one for the next query. A client that was
# checked out with pool.connect keeps its connection.
# Expected from memory: the pool closes a connection only when it breaks.
# Source: pg-pool/index.js, query, which calls client.release(err).
# Needs a PostgreSQL server (seen with 15): POSTGRES_URL, by default the one on localhost. Fails if the connection stays.
set -euo pipefail
export POSTGRES_URL=${POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund pg@8.23.1
cat >run.mjs <<'JS'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL, max: 1 })
let opened = 0
pool.on('connect', () => (opened += 1))

for (let n = 0; n < 5; n += 1) await pool.query('select 1 / 0').catch(() => {})
console.log(`pool.query: ${opened} connections for 5 rejected statements`)

opened = 0
for (let n = 0; n < 5; n += 1) {
  const client = await pool.connect()
  await client.query('select 1 / 0').catch(() => {})
  client.release()
}
console.log(`pool.connect: ${opened} connections for 5 rejected statements`)
await pool.end()
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = 'pool.query: 5 connections for 5 rejected statements
pool.connect: 1 connections for 5 rejected statements' ]
