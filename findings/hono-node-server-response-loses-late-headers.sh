#!/usr/bin/env bash
# @hono/node-server 2.1.9 replaces the global Response. A Headers object that was taken from such a response is no longer
# its own once anything has looked at `bodyUsed`, `body` or `type`: what is appended to it later is not sent. iron-session
# 9.0.1 takes the headers first and looks at `bodyUsed` when it saves, so `session.save()` resolves and no cookie is sent,
# in Hono as in a bare fetch handler. With `overrideGlobalObjects: false` it is sent.
# Expected from memory: `response.headers` is the same object for the life of a response, as with the Response of Node.
# Source: @hono/node-server/dist/index.mjs, class Response$1; iron-session/dist/index.js, webCookies. Fails if the cookie
# is sent by default.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @hono/node-server@2.1.9 hono@4.13.19 iron-session@9.0.1
cat >run.mjs <<'JS'
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { getIronSession } from 'iron-session'

async function signIn(request, response) {
  const options = { password: 'a password of more than thirty-two characters', cookieName: 'app' }
  const session = await getIronSession(request, response, options)
  session.user = 'ann'
  await session.save()
}

const hono = new Hono().get('/', async (c) => {
  await signIn(c.req.raw, c.res)
  return c.text('signed in')
})
async function bare(request) {
  const response = new Response('signed in')
  await signIn(request, response)
  return response
}

for (const overrideGlobalObjects of [false, true]) {
  for (const [name, handler] of Object.entries({ hono: hono.fetch, bare })) {
    const server = serve({ fetch: handler, port: 0, overrideGlobalObjects })
    await once(server, 'listening')
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`)
    const cookies = answer.headers.getSetCookie().map((line) => line.split('=')[0])
    console.log(`overrideGlobalObjects ${overrideGlobalObjects}, ${name}: ${answer.status} ${cookies.join() || 'no cookie'}`)
    server.close()
  }
}
const response = new Response('x')
const { headers } = response
headers.append('Set-Cookie', 'a=1')
void response.bodyUsed
headers.append('Set-Cookie', 'b=2')
console.log(`after a look at bodyUsed: ${response.headers.getSetCookie()}`)
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = 'overrideGlobalObjects false, hono: 200 app
overrideGlobalObjects false, bare: 200 app
overrideGlobalObjects true, hono: 200 no cookie
overrideGlobalObjects true, bare: 200 no cookie
after a look at bodyUsed: a=1' ]
