#!/usr/bin/env bash
# A named statement of node-postgres 8.23.1 is prepared once for each connection. If the server forgets it (discard all,
# deallocate all) or can no longer run it (the type of a column was altered), the statement fails on this connection from
# then on, because the driver never prepares it again. postgres.js 3.4.9 prepares it again, and no query fails.
# Expected from memory: the driver prepares it again, at the latest after the first error.
# Source: pg/lib/query.js, hasBeenParsed.
# Needs a PostgreSQL server (seen with 15): POSTGRES_URL, by default the one on localhost. Fails if pg recovers.
set -euo pipefail
export POSTGRES_URL=${POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund pg@8.23.1 postgres@3.4.9
cat >run.mjs <<'JS'
import pg from 'pg'
import postgres from 'postgres'

const client = new pg.Client(process.env.POSTGRES_URL)
await client.connect()
const sql = postgres(process.env.POSTGRES_URL, { max: 1, fetch_types: false, onnotice: () => {} })

const drivers = {
  pg: {
    run: (text) => client.query(text),
    named: (text, value) => client.query({ name: text, text, values: [value] }),
  },
  'postgres.js': {
    run: (text) => sql.unsafe(text),
    named: (text, value) => sql.unsafe(text, [value], { prepare: true }),
  },
}

for (const [name, { run, named }] of Object.entries(drivers)) {
  await run('create temporary table note (text text)')
  const outcomes = []
  for (const change of ['alter table note alter column text type varchar', 'deallocate all']) {
    await named('select text from note where text = $1', 'a').catch(() => {})
    await run(change)
    for (let n = 0; n < 3; n += 1) {
      const query = named('select text from note where text = $1', 'a')
      outcomes.push(await query.then(() => 'answered', ({ code }) => code))
    }
  }
  console.log(`${name}: ${outcomes.join(' ')}`)
}
await client.end()
await sql.end()
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = 'pg: 0A000 0A000 0A000 26000 26000 26000
postgres.js: answered answered answered answered answered answered' ]
