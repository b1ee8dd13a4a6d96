#!/usr/bin/env bash
# Koa 3.2.0 removes every header that was set when an error reaches its own handler, Set-Cookie among them. A session
# whose id was replaced before the error then has a cookie that names nothing: the visitor is signed out.
# Expected from memory: cookies that were set before the error are sent with the error page, as Express does.
# Source: koa/lib/context.js, onerror. Fails if the cookie is sent.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund koa@3.2.0 express@5.2.1
cat >run.mjs <<'JS'
import { once } from 'node:events'
import Koa from 'koa'
import express from 'express'

async function cookieOf(listener) {
  const server = listener.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`)
  server.close()
  return `${response.status} ${response.headers.get('set-cookie') ?? 'no Set-Cookie'}`
}

const koa = new Koa()
koa.silent = true
koa.use((ctx) => {
  ctx.append('Set-Cookie', 'id=new')
  throw new Error('after the cookie')
})
const app = express()
app.set('env', 'test')
app.use((request, response) => {
  response.append('Set-Cookie', 'id=new')
  throw new Error('after the cookie')
})
console.log(`koa: ${await cookieOf(koa)}`)
console.log(`express: ${await cookieOf(app)}`)
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'koa: 500 no Set-Cookie\nexpress: 500 id=new' ]
