import { toLua, type Lua } from './evaluate.js'
import { maxHeaderBytes, timeDigits, userOffset } from './record.js'

/**
 * A Lua script that does the same for each of its keys. ARGV[1] is `notAfterMs`; the arguments of each key follow. It
 * answers `{ now in ms, outcome of each key }`, or `{ now }` alone if it came too late and did nothing. Outcomes are `1`
 * for done, `nil` for a session that is missing, a word, or what the script says.
 */
export type Script = Lua

// Every script is a write, and a write that comes too late must do nothing (contract E2).
//
// Redis holds a key as expired once now > its expiry, the contract a session once now >= expiresAtMs: hence the - 1.
// Times of equal length compare as texts. Sessions that are written together mostly share theirs, so each is made once.
const prelude = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(ARGV[1]) then return { now } end
local call, pcall, find, sub, format = redis.call, redis.pcall, string.find, string.sub, string.format
local texts = {}
local function digits(ms)
  local text = texts[ms]
  if not text then
    text = format('%0${timeDigits}.0f', ms)
    texts[ms] = text
  end
  return text
end
local function physical_expiry(expires) return expires - 1 end
local function is_session(start)
  local _, last = find(start, '^%d*')
  return last == ${userOffset}
end
local function find_newline(value)
  return is_session(value) and find(value, '\\n', ${userOffset + 1}, true)
end
local function user_of(header, newline) return sub(header, ${userOffset + 1}, newline - 1) end
`

// The first look at a key is by pcall: if it is of another type, that is the outcome of this key and of no other.
export function define(parameters: readonly string[], body: string): Script {
  const given = parameters.map((_, position) => `ARGV[last + ${position + 1}]`)
  return toLua(`${prelude}
local function outcome_of(${['key', ...parameters].join(', ')})
${body}
end
local reply = { now }
local last = 1
for i = 1, #KEYS do
  reply[i + 1] = outcome_of(${['KEYS[i]', ...given].join(', ')})
  last = last + ${parameters.length}
end
return reply
`)
}

const readHeader = `
local header = pcall('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if type(header) == 'table' then return header end
if header == '' then return false end
`

/** `exists` if the key is taken by another call; `unindexed` if the session would outlive its entry in the index. */
export const createScript: Script = define(
  ['ttl', 'indexed_until', 'user', 'data'],
  `
local expires = now + ttl
if user ~= '' and digits(expires) > indexed_until then return 'unindexed' end
local rest = user .. '\\n' .. data
local record = digits(expires) .. indexed_until .. digits(now) .. rest
if call('SET', key, record, 'NX', 'PXAT', physical_expiry(expires)) then return 1 end
-- A driver may send again what has been done: no two calls have the same indexed_until, user and data for a key.
local value = pcall('GET', key)
local own = type(value) == 'string' and sub(value, ${timeDigits + 1}, ${2 * timeDigits}) == indexed_until
return own and sub(value, ${userOffset + 1}) == rest and 1 or 'exists'
`,
)

/** `corrupt`; or, if the session would outlive its entry in the index, its user's text. */
export const touchScript: Script = define(
  ['ttl', 'indexed_until'],
  `
local start = pcall('GETRANGE', key, 0, ${userOffset})
if type(start) == 'table' then return start end
if start == '' then return false end
if not is_session(start) then return 'corrupt' end
local expires = now + ttl
local listed_until = sub(start, ${timeDigits + 1}, ${2 * timeDigits})
if indexed_until > listed_until then listed_until = indexed_until end
local anonymous = sub(start, ${userOffset + 1}) == '\\n'
if not anonymous and digits(expires) > listed_until then
  ${readHeader}
  local newline = find_newline(header)
  return newline and user_of(header, newline) or 'corrupt'
end
call('SETRANGE', key, 0, digits(expires) .. listed_until)
call('PEXPIREAT', key, physical_expiry(expires))
return 1
`,
)

/** `corrupt`. */
export const updateScript: Script = define(
  ['data'],
  `
${readHeader}
local newline = find_newline(header)
if not newline then return 'corrupt' end
call('SET', key, sub(header, 1, newline) .. data, 'KEEPTTL')
return 1
`,
)

/** `corrupt`, or `changed` if the data is not what was expected. */
export const updateIfUnchangedScript: Script = define(
  ['expected', 'data'],
  `
local value = pcall('GET', key)
if not value then return false end
if type(value) == 'table' then return value end
local newline = find_newline(value)
if not newline then return 'corrupt' end
if sub(value, newline + 1) ~= expected then return 'changed' end
call('SET', key, sub(value, 1, newline) .. data, 'KEEPTTL')
return 1
`,
)

/** The text of the user whose session it was. */
export const deleteScript: Script = define(
  [],
  `
local value = pcall('GETDEL', key)
if not value then return false end
if type(value) == 'table' then return value end
local newline = find_newline(value)
if not newline or newline == ${userOffset + 1} then return 1 end
return user_of(value, newline)
`,
)

/** `foreign` if it is not that user's. */
export const deleteOfUserScript: Script = define(
  ['user'],
  `
${readHeader}
local newline = find_newline(header)
if not newline or user_of(header, newline) ~= user then return 'foreign' end
call('DEL', key)
return 1
`,
)

/** The time until which the entry is kept. */
export const addToIndexScript: Script = define(
  ['hash', 'lives_for', 'from', 'keep_for'],
  `
local indexed_until = math.max(now, tonumber(from)) + lives_for
call('ZREMRANGEBYSCORE', key, '-inf', now - keep_for)
call('ZADD', key, 'GT', indexed_until, hash)
local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')
call('PEXPIREAT', key, last[2] + keep_for)
return digits(indexed_until)
`,
)

/** Takes any number of session hashes for its one key. */
export const removeFromIndexScript: Script = define(
  [],
  `
call('ZREM', key, unpack(ARGV, 2))
return 1
`,
)
