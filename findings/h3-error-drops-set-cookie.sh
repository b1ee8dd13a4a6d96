#!/usr/bin/env bash
# h3 2.0.8 sends an error page, and a redirect that is thrown, without the cookies that setCookie has set. A session whose id
# was replaced before the error then has a cookie that names nothing: the visitor is signed out.
# Expected from memory: the cookies are sent, as h3 1 does.
# Source: h3/dist/response.mjs, prepareResponse. Fails if the cookie is sent.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund h3@2.0.8 h3-1@npm:h3@1.15.11
cat >run.mjs <<'JS'
import { createServer } from 'node:http'
import { H3, setCookie, redirect } from 'h3'
import * as one from 'h3-1'

const show = ({ status, headers }) => `${status} ${headers.get('set-cookie') ?? 'no Set-Cookie'}`

const app = new H3({ silent: true })
app.get('/error', (event) => {
  setCookie(event, 'id', 'new')
  throw new Error('after the cookie')
})
app.get('/redirect', (event) => {
  setCookie(event, 'id', 'new')
  throw redirect('/')
})
console.log(`h3 2, error: ${show(await app.request('/error'))}`)
console.log(`h3 2, thrown redirect: ${show(await app.request('/redirect'))}`)

const old = one.createApp()
old.use('/', one.eventHandler((event) => {
  one.setCookie(event, 'id', 'new')
  throw one.createError({ statusCode: 500 })
}))
const server = createServer(one.toNodeListener(old))
server.listen(0, '127.0.0.1', async () => {
  console.log(`h3 1, error: ${show(await fetch(`http://127.0.0.1:${server.address().port}/`))}`)
  server.close()
})
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'h3 2, error: 500 no Set-Cookie\nh3 2, thrown redirect: 500 no Set-Cookie\nh3 1, error: 500 id=new; Path=/' ]
