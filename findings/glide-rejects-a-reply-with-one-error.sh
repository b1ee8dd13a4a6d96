#!/usr/bin/env bash
# Valkey GLIDE rejects the whole reply of a script if one element of it is an error, although the script ran and its other
# elements hold what it did. It also rewrites the server's errors: NOSCRIPT becomes "NoScriptError:".
# Expected from memory: the element is an error and the others are there, as in ioredis and node-redis.
# Needs redis-server in PATH (seen with 7.0.15). Fails if GLIDE resolves to the elements, or keeps the text.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
port=$(node -e 'const s = require("net").createServer().listen(0, () => { console.log(s.address().port); s.close() })')
npm init -y >/dev/null; npm install --silent --no-audit --no-fund @valkey/valkey-glide@2.5.2
redis-server --port "$port" --save '' >/dev/null & server=$!
cat >run.mjs <<'JS'
import { GlideClient, Logger } from '@valkey/valkey-glide'
Logger.setLoggerConfig('off')
const client = await GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port: Number(process.argv[2]) }] })
const messageOf = (...command) => client.customCommand(command).then(() => 'a reply', (error) => error.message)
const script = "redis.call('SET', KEYS[1], 'written') return { 1, redis.error_reply('OOM no room for the second') }"
console.log(`two elements: ${await messageOf('EVAL', script, '1', 'key')}`)
console.log(`the key holds ${await client.get('key')}`)
console.log(`no script: ${await messageOf('EVALSHA', 'a'.repeat(40), '0')}`)
client.close()
process.exit(0)
JS
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
seen=$(node run.mjs "$port"); echo "$seen"
grep -q '^two elements: OOM: no room' <<<"$seen" && grep -q '^the key holds written$' <<<"$seen" && grep -q 'NoScriptError' <<<"$seen"
