#!/usr/bin/env bash
# Hono's etag() middleware answers a matching If-None-Match by a new 304 response with a short list of headers, and
# Set-Cookie is not on it. A session that was rotated in that request keeps its old cookie.
# Expected from memory: a 304 carries the other headers of the response, as RFC 9110 (15.4.5) allows.
# Source: hono/dist/middleware/etag, RETAINED_304_HEADERS. Fails if the cookie is sent.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund hono@4.12.0
cat >run.mjs <<'JS'
import { Hono } from 'hono'
import { etag } from 'hono/etag'

const app = new Hono()
app.use(etag())
app.get('/', (c) => {
  c.header('Set-Cookie', 'id=new', { append: true })
  return c.text('the same page')
})
const first = await app.request('/')
const second = await app.request('/', { headers: { 'If-None-Match': first.headers.get('etag') } })
for (const { status, headers } of [first, second]) console.log(`${status} ${headers.get('set-cookie') ?? 'no Set-Cookie'}`)
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'200 id=new\n304 no Set-Cookie' ]
