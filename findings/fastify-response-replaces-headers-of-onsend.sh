#!/usr/bin/env bash
# Fastify 5.12 copies the headers of a `Response` that a route returns to the reply after all `onSend` hooks. A hook that
# sets `Cache-Control: no-store`, for instance because it sets a cookie, is overruled: a shared cache may store the cookie.
# Expected from the docs of the hook, "change the payload": a hook has the last word about headers, as with any payload.
# Source: fastify/lib/reply.js, onSendEnd. Fails if the header of the hook is sent.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund fastify@5.12.8
cat >run.mjs <<'JS'
import { fastify } from 'fastify'

const app = fastify()
app.addHook('onSend', async (_request, reply) => {
  reply.header('Cache-Control', 'no-store')
})
app.get('/text', async (_request, reply) => reply.header('Cache-Control', 'public').send('text'))
app.get('/response', async () => new Response('text', { headers: { 'Cache-Control': 'public' } }))
const url = await app.listen({ host: '127.0.0.1', port: 0 })
for (const path of ['/text', '/response']) {
  const { headers } = await fetch(url + path)
  console.log(`${path}: ${headers.get('cache-control')}`)
}
await app.close()
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'/text: no-store\n/response: public' ]
