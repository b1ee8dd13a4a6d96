#!/usr/bin/env bash
# iron-session 9.0.1 seals without an end where cookieOptions has the key maxAge with the value undefined, as
# `{ maxAge: remember ? seconds : undefined }` gives it: its ttl of 14 days is taken as 0, which means no expiry.
# Without the key the seal ends after the ttl.
# Expected from memory: an undefined option is the same as one that was left out.
# Source: iron-session/dist/index.js. Fails if the second seal has an end.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund iron-session@9.0.1
cat >run.mjs <<'JS'
import { getIronSession } from 'iron-session'

// The third last part of a seal of iron is its expiry in milliseconds; empty for none.
async function endOf(cookieOptions) {
  const response = new Response()
  const options = { password: 'a password of at least 32 characters', cookieName: 'app', cookieOptions }
  const session = await getIronSession(new Request('https://example.com'), response, options)
  session.userId = 'ada'
  await session.save()
  const seal = decodeURIComponent(/app=([^;]*)/.exec(response.headers.get('set-cookie'))[1])
  return seal.split('*')[5] === '' ? 'no end' : 'an end'
}

console.log(`without maxAge: ${await endOf({})}`)
console.log(`maxAge: undefined: ${await endOf({ maxAge: undefined })}`)
JS
seen=$(node run.mjs); echo "$seen"
[ "$seen" = $'without maxAge: an end\nmaxAge: undefined: no end' ]
