import { toScript, type Script } from '../client/run-script.js'
import { maxNonces, storedNonceBytes, timeDigits, ownerOffset } from './record.js'

// Every script writes, and a write that arrives too late must do nothing (contract E2).
//
// Redis treats a key as expired once now > its expiry, and the contract treats a session as expired once now >=
// expiresAtMs. Hence the - 1. The expiry in the record still decides, because a key that was moved or restored may
// outlive its session (R3). Times have the same number of digits, so they compare as text. Sessions that are written
// together mostly share their times, so each text is made once.
//
// A server without free memory rejects the first write of a script if that write may need room, and accepts every write
// after one that needs none. So a script that needs room starts with the write that needs it, and is rejected whole. A
// script that needs no room starts with a write that is never rejected (contract L2).
//
// The script of a write of data stores the nonce of the write, see write-nonce.ts. Once the server would reject a write
// as late, its nonce is no longer needed (contract E6).
//
// Redis creates the functions of a script in each run, and a text costs as much to make as a command. So a script gets only
// the functions that it uses, and times are compared as texts.
//
// Comments stand here and not in the scripts, because a script is sent to the server as it is.
const start = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(ARGV[1]) then return { now } end
local call, pcall, find, sub, byte, format = redis.call, redis.pcall, string.find, string.sub, string.byte, string.format`

/** Lua pattern of an owner, at the start of what follows the times in a header. */
export const ownerPattern = '^".*"[^#]*'

/** Lua functions by name. A function may use those before it. */
const functions = {
  digits: `
local function digits(ms) return format('%0${timeDigits}.0f', ms) end`,

  // Sets the three variables: the expiry of a session, its text in the record, and the expiry of its key.
  expire_at: `
local expires, expires_text, key_expiry
local function expire_at(ms)
  if ms == expires then return end
  expires, expires_text, key_expiry = ms, digits(ms), digits(ms - 1)
end`,

  now_text: `
local now_text = digits(now)`,

  is_expired: `
local function is_expired(value) return sub(value, 1, ${timeDigits}) <= now_text end`,

  is_session: `
local function is_session(start)
  local _, last = find(start, '^%d*')
  return last == ${ownerOffset}
end`,

  find_newline: `
local function find_newline(value)
  return is_session(value) and find(value, '\\n', ${ownerOffset + 1}, true)
end`,

  owner_of: `
local function owner_of(header, newline)
  return string.match(sub(header, ${ownerOffset + 1}, newline - 1), '${ownerPattern}') or ''
end`,

  // Returns the record with new data, the nonce of this write, and those of others that may still be delivered again. The
  // newest come first. Returns nothing if this write was delivered before.
  with_data: `
local not_after = ARGV[1]
local function with_data(header, newline, nonce, data)
  local stored = '#' .. nonce
  if newline == ${ownerOffset + 1} then return sub(header, 1, ${ownerOffset}) .. stored .. not_after .. '\\n' .. data end
  local first = ${ownerOffset + 1} + #owner_of(header, newline)
  local at = find(header, stored, first, true)
  if at and at < newline then return end
  local last = first + math.min(newline - first, ${(maxNonces - 1) * storedNonceBytes}) - 1
  while last >= first and is_expired(sub(header, last - ${timeDigits - 1}, last)) do last = last - ${storedNonceBytes} end
  return sub(header, 1, first - 1) .. stored .. not_after .. sub(header, first, last) .. '\\n' .. data
end`,

  // Returns false if NX is given and the key exists. Returns the error of a full server as the outcome of its key. Raises
  // any other error, so that the driver sees it too and can look for another server.
  set: `
local function set(key, value, ...)
  local done = pcall('SET', key, value, ...)
  if not done then return false end
  if not done.err then return 1 end
  if not find(done.err, 'OOM ', 1, true) then call('SET', key, value, ...) end
  return done
end`,

  // Replaces the value and keeps the expiry. A full server rejects a longer value, and accepts any other.
  replace: `
local refusal
local function replace(key, value)
  if not refusal then
    local done = set(key, value, 'KEEPTTL')
    if done == 1 then return 1 end
    refusal = done
  end
  expire_at(tonumber(sub(value, 1, ${timeDigits})))
  local grows = call('GETRANGE', key, #value - 1, #value - 1) == ''
  if grows or is_expired(key_expiry) then return refusal end
  call('PEXPIREAT', key, key_expiry)
  return set(key, value, 'KEEPTTL')
end`,
}

function withFunctions(body: string): string {
  return Object.entries(functions).reduceRight(
    (text, [name, lua]) => (new RegExp(`\\b${name}\\b`).test(text) ? `${lua}\n${text}` : text),
    body,
  )
}

/**
 * Defines a script that does the same for each of its keys. ARGV[1] is `notAfterMs`, and the arguments of each key
 * follow. `body` runs with `key` and the parameters, and returns the outcome of the key: `1` for success, `nil` for a
 * missing session, a word, an error, or what else the script documents. The reply is `{ now in ms, outcome of each key
 * }`, or `{ now }` alone if the script arrived too late and did nothing.
 *
 * Use `pcall` for the first access to a key, so that a key of the wrong type fails only its own entry.
 */
export function defineScript(parameters: readonly string[], body: string): Script {
  const given = parameters.map((_, position) => `ARGV[last + ${position + 1}]`)
  return toScript(`${start}${withFunctions(`
local function outcome_of(${['key', ...parameters].join(', ')})
${body}
end`)}
local reply = { now }
local last = 1
for i = 1, #KEYS do
  reply[i + 1] = outcome_of(${['KEYS[i]', ...given].join(', ')})
  last = last + ${parameters.length}
end
return reply
`)
}
