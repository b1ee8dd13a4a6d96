import { toLua, type Lua } from '../client/run-script.js'
import { markBytes, markIdChars, maxMarks, timeDigits, userOffset } from './record.js'

/**
 * A Lua script that does the same for each of its keys. ARGV[1] is `notAfterMs`; the arguments of each key follow. It
 * answers `{ now in ms, outcome of each key }`, or `{ now }` alone if it came too late and did nothing. Outcomes are `1`
 * for done, `nil` for a session that is missing, a word, an error, or what the script says.
 */
export type Script = Lua

// Every script is a write, and a write that comes too late must do nothing (contract E2).
//
// Redis holds a key as expired once now > its expiry, the contract a session once now >= expiresAtMs: hence the - 1.
// The record decides all the same: a key that was moved or restored may outlive its session (R3).
// Times of equal length compare as texts. Sessions that are written together mostly share theirs, so each is made once.
//
// A server without memory left refuses the first write of a script if that write may need room, and lets every write
// pass after one that needs none. So a script begins with what needs room, if it needs any, and is refused whole. If it
// needs none, it begins with a write that is never refused (contract L2).
//
// A driver may send again what was done already. So each write of data leaves a mark in the record, which a second
// delivery finds. A mark is of no use once the server refuses its write as too late (contract E6).
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
local now_text = digits(now)
local function physical_expiry(expires) return expires - 1 end
local function is_over(value) return sub(value, 1, ${timeDigits}) <= now_text end
local function is_session(start)
  local _, last = find(start, '^%d*')
  return last == ${userOffset}
end
local function find_newline(value)
  return is_session(value) and find(value, '\\n', ${userOffset + 1}, true)
end
local function user_of(header, newline)
  local text = sub(header, ${userOffset + 1}, newline - 1)
  return string.match(text, '^".*"') or ''
end
local function mark_of(mark_id) return '#' .. mark_id end
local function is_marked(header, newline, mark_id)
  local marks = sub(header, ${userOffset + 1} + #user_of(header, newline), newline - 1)
  return find(marks, mark_of(mark_id), 1, true)
end
-- The header with the mark of this write, and those of others that may still be delivered again.
local function marked(header, newline, mark_id)
  local marks = ${userOffset + 1} + #user_of(header, newline)
  local parts = { sub(header, 1, marks - 1), mark_of(mark_id), digits(ARGV[1]) }
  for place = marks, newline - 1, ${markBytes} do
    if #parts <= ${maxMarks + 1} and sub(header, place + ${1 + markIdChars}, place + ${markBytes - 1}) > now_text then
      parts[#parts + 1] = sub(header, place, place + ${markBytes - 1})
    end
  end
  parts[#parts + 1] = '\\n'
  return table.concat(parts)
end
-- The error of a full server is the outcome of one key. Any other is raised, so that the driver sees it, too: it may
-- have to look for another server.
local function set(key, value, ...)
  local done = pcall('SET', key, value, ...)
  if not done or not done.err then return 1 end
  if not find(done.err, 'OOM ', 1, true) then call('SET', key, value, ...) end
  return done
end
local refusal
-- Replaces the value and keeps the expiry. A full server refuses a longer value, and takes one that is no longer.
local function replace(key, value)
  if not refusal then
    local done = set(key, value, 'KEEPTTL')
    if done == 1 then return 1 end
    refusal = done
  end
  local expires = tonumber(sub(value, 1, ${timeDigits}))
  local grows = call('GETRANGE', key, #value - 1, #value - 1) == ''
  if grows or physical_expiry(expires) <= now then return refusal end
  call('PEXPIREAT', key, physical_expiry(expires))
  return set(key, value, 'KEEPTTL')
end
`

/**
 * The script whose outcome for a key is what `body` returns; it has `key` and the parameters. Its first look at the key
 * is by `pcall`: if it is of another type, that is the outcome of this key and of no other.
 */
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
