#!/usr/bin/env bash
# A full Redis (maxmemory, noeviction) refuses a script at its first command that may grow memory, but not once any
# write command ran, even one that changed nothing: ZREMRANGEBYSCORE on a missing key opens the way for a large SET.
# Expected from memory: each such command of a script is refused on a full server, or the script as a whole.
# Needs redis-server and redis-cli in PATH (seen with 7.0.15). Fails if the second script is refused.
set -euo pipefail
command -v redis-server >/dev/null || { echo "redis-server is missing: apt-get install redis-server"; exit 2; }
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null & server=$!
ask() { redis-cli -s "$folder/redis.sock" "$@" 2>&1; }
until [ "$(ask PING)" = PONG ]; do :; done
ask INFO server | grep -E '^redis_version' | tr -d '\r'
ask CONFIG SET maxmemory 1 >/dev/null
first=$(ask EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 large 1000)
second=$(ask EVAL "redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, 1) return redis.call('SET', KEYS[2], ARGV[1])" 2 none large 1000)
echo "SET alone: ${first%% *}"
echo "SET after a ZREMRANGEBYSCORE that removes nothing: $second"
[ "${first%% *}" = OOM ] && [ "$second" = OK ]
