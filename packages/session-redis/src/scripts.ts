import { createHash } from 'node:crypto'
import { maxHeaderBytes, timeDigits, userOffset } from './record.js'

/** A Lua script on one key. It answers `{ server's now in ms, outcome, value? }`; ARGV[1] is always `notAfterMs`. */
export interface Script {
  readonly lua: string
  readonly sha1: string
}

// Every script is a write, and a write that comes too late must do nothing (contract E2).
const fence = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(ARGV[1]) then return { now, 'late' } end
`

// Redis holds a key as expired once now > its expiry, the contract a session once now >= expiresAtMs: hence the - 1.
const layout = `
local function digits(ms) return string.format('%0${timeDigits}.0f', ms) end
local function physical_expiry(expires) return expires - 1 end
local function is_session(start) return string.find(start, '^${'%d'.repeat(userOffset)}') ~= nil end
local function find_newline(value)
  return is_session(value) and string.find(value, '\\n', ${userOffset + 1}, true)
end
`

function define(body: string): Script {
  const lua = `${fence}${layout}${body}`
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}

const readHeader = `redis.call('GETRANGE', KEYS[1], 0, ${maxHeaderBytes - 1})`

/** ARGV: ttlMs, indexedUntilMs, userText, dataJson. Answers done, exists or unindexed. */
export const createScript: Script = define(`
local expires = now + tonumber(ARGV[2])
if ARGV[4] ~= '' and expires > tonumber(ARGV[3]) then return { now, 'unindexed' } end
local record = digits(expires) .. digits(now) .. digits(tonumber(ARGV[3])) .. ARGV[4] .. '\\n' .. ARGV[5]
local created = redis.call('SET', KEYS[1], record, 'NX', 'PXAT', physical_expiry(expires))
return { now, created and 'done' or 'exists' }
`)

/** ARGV: ttlMs, indexedUntilMs. Answers done, missing, corrupt, or unindexed with the userText. */
export const touchScript: Script = define(`
local start = redis.call('GETRANGE', KEYS[1], 0, ${userOffset})
if start == '' then return { now, 'missing' } end
if not is_session(start) then return { now, 'corrupt' } end
local expires = now + tonumber(ARGV[2])
local indexed_until = math.max(tonumber(string.sub(start, ${2 * timeDigits + 1}, ${userOffset})), tonumber(ARGV[3]))
local anonymous = string.sub(start, ${userOffset + 1}) == '\\n'
if not anonymous and expires > indexed_until then
  local header = ${readHeader}
  local newline = find_newline(header)
  if not newline then return { now, 'corrupt' } end
  return { now, 'unindexed', string.sub(header, ${userOffset + 1}, newline - 1) }
end
local created = string.sub(start, ${timeDigits + 1}, ${2 * timeDigits})
redis.call('SETRANGE', KEYS[1], 0, digits(expires) .. created .. digits(indexed_until))
redis.call('PEXPIREAT', KEYS[1], physical_expiry(expires))
return { now, 'done' }
`)

/** ARGV: dataJson. Answers done, missing or corrupt. */
export const updateScript: Script = define(`
local header = ${readHeader}
if header == '' then return { now, 'missing' } end
local newline = find_newline(header)
if not newline then return { now, 'corrupt' } end
redis.call('SET', KEYS[1], string.sub(header, 1, newline) .. ARGV[2], 'KEEPTTL')
return { now, 'done' }
`)

/** ARGV: expectedDataJson, dataJson. Answers done, changed, missing or corrupt. */
export const updateIfUnchangedScript: Script = define(`
local value = redis.call('GET', KEYS[1])
if not value then return { now, 'missing' } end
local newline = find_newline(value)
if not newline then return { now, 'corrupt' } end
if string.sub(value, newline + 1) ~= ARGV[2] then return { now, 'changed' } end
redis.call('SET', KEYS[1], string.sub(value, 1, newline) .. ARGV[3], 'KEEPTTL')
return { now, 'done' }
`)

/** ARGV: the userText that the session must have, or nothing. Answers done with the userText, missing or foreign. */
export const deleteScript: Script = define(`
local header = ${readHeader}
if header == '' then return { now, 'missing' } end
local newline = find_newline(header)
local user = newline and string.sub(header, ${userOffset + 1}, newline - 1) or ''
if ARGV[2] ~= '' and user ~= ARGV[2] then return { now, 'foreign' } end
redis.call('DEL', KEYS[1])
return { now, 'done', user }
`)

/** ARGV: session hash, livesForMs, fromMs, keepForMs. Answers done with the entry's time. */
export const addToIndexScript: Script = define(`
local indexed_until = math.max(now, tonumber(ARGV[4])) + tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[5]))
redis.call('ZADD', KEYS[1], 'GT', indexed_until, ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], last[2] + tonumber(ARGV[5]))
return { now, 'done', digits(indexed_until) }
`)

/** ARGV: session hashes. Answers done. */
export const removeFromIndexScript: Script = define(`
redis.call('ZREM', KEYS[1], unpack(ARGV, 2))
return { now, 'done' }
`)
