#!/usr/bin/env bash
# The server ends a connection in the middle of a statement (57P01: a restart, or an administrator's command).
# postgres.js 3.4.9 rejects that statement with CONNECTION_CLOSED, keeps the server's error, and rejects the next query
# with it, which it never sends. The query after that works.
# Expected from memory: the statement that ran is rejected with 57P01; the next runs on a new connection, as with `pg`.
# Source: postgres/src/connection.js, errorResponse and ReadyForQuery.
# Needs a PostgreSQL server (seen with 15): POSTGRES_URL, by default the one on localhost. Fails if the query is answered.
set -euo pipefail
export POSTGRES_URL=${POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund postgres@3.4.9 pg@8.16.3
cat >run.mjs <<'JS'
import pg from 'pg'
import postgres from 'postgres'

const admin = postgres(process.env.POSTGRES_URL, { max: 1 })
const outcomeOf = (query) => query.then(() => 'answered', (error) => `rejected with ${error.code}`)

async function report(name, query) {
  const pid = await query('select pg_backend_pid() as pid')
  const running = outcomeOf(query('select pg_sleep(60)'))
  while ((await admin`select from pg_stat_activity where pid = ${pid} and query like '%pg_sleep%'`).length === 0);
  await admin`select pg_terminate_backend(${pid})`
  console.log(`${name}, running: ${await running}`)
  console.log(`${name}, next: ${await outcomeOf(query('select 1 as pid'))}`)
  console.log(`${name}, the one after: ${await outcomeOf(query('select 1 as pid'))}`)
}

const sql = postgres(process.env.POSTGRES_URL, { max: 1, backoff: () => 0 })
await report('postgres.js', async (text) => (await sql.unsafe(text))[0].pid)
const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL, max: 1 })
pool.on('error', () => {})
await report('pg', async (text) => (await pool.query(text)).rows[0].pid)
await Promise.all([sql.end({ timeout: 1 }), admin.end(), pool.end()])
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = 'postgres.js, running: rejected with CONNECTION_CLOSED
postgres.js, next: rejected with 57P01
postgres.js, the one after: answered
pg, running: rejected with 57P01
pg, next: answered
pg, the one after: answered' ]
