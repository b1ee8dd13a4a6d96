import { define, type Script } from './define-script.js'
import { maxHeaderBytes, stampDigits, stampLimit, timeDigits, toTimeText, userOffset } from './record.js'

const minuteMs = 60_000
const maxSkewMinutes = 10

/** In the place of `indexed_until`: the record says until when the session is listed. */
export const asRecorded: string = toTimeText(0)

const readHeader = `
local header = pcall('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if type(header) == 'table' then return header end
if header == '' then return false end
`

/** `exists` if the key is taken by another call; `unindexed` if the session would outlive its entry in the index. */
export const createScript: Script = define(
  ['ttl', 'indexed_until', 'user', 'mark_id', 'data'],
  `
local head = user == '' and '' or user .. mark_of(mark_id)
-- A driver may send again what has been done: no two calls have the same mark, which is indexed_until without a user.
local taken = pcall('GET', key)
if taken then
  local own = type(taken) == 'string' and sub(taken, ${timeDigits + 1}, ${2 * timeDigits}) == indexed_until
  return own and sub(taken, ${userOffset + 1}, ${userOffset} + #head) == head and 1 or 'exists'
end
local expires = now + ttl
if user ~= '' and digits(expires) > indexed_until then return 'unindexed' end
local mark = user == '' and '' or digits(ARGV[1])
local record = digits(expires) .. indexed_until .. now_text .. head .. mark .. '\\n' .. data
return set(key, record, 'NX', 'PXAT', physical_expiry(expires))
`,
)

// How many minutes ago the entry was written, up to ten weeks, as the time until which it is kept tells.
const isRenewalDue = `
local function is_renewal_due(listed_until, renew_after)
  local age = (math.floor(now / ${minuteMs}) - sub(listed_until, ${timeDigits - stampDigits + 1})) % ${stampLimit}
  -- A node whose clock is ahead has written it a little later than now.
  return age >= renew_after and age < ${stampLimit - maxSkewMinutes}
end
`

/**
 * `corrupt`; or the user's text if the entry in the index has to be written first: the session would outlive it, or it
 * was written `renew_after` minutes ago or earlier, and may have been lost since. `indexed_until` is what the index said
 * when the entry was written for this touch.
 */
export const touchScript: Script = define(
  ['ttl', 'indexed_until', 'renew_after'],
  `${isRenewalDue}
local start = pcall('GETRANGE', key, 0, ${userOffset})
if type(start) == 'table' then return start end
if start == '' then return false end
if not is_session(start) then return 'corrupt' end
if is_over(start) then return false end
local expires = now + ttl
local listed_until = sub(start, ${timeDigits + 1}, ${2 * timeDigits})
if sub(start, ${userOffset + 1}) == '"' then
  local due = indexed_until == '${asRecorded}' and is_renewal_due(listed_until, tonumber(renew_after))
  if indexed_until ~= '${asRecorded}' then listed_until = indexed_until end
  if due or digits(expires) > listed_until then
    ${readHeader}
    local newline = find_newline(header)
    return newline and user_of(header, newline) or 'corrupt'
  end
end
call('PEXPIREAT', key, physical_expiry(expires))
-- An expiry that is over takes the key away, which must not come back without one.
if tonumber(ttl) > 1 or call('GETRANGE', key, 0, 0) ~= '' then call('SETRANGE', key, 0, digits(expires) .. listed_until) end
return 1
`,
)

/** `corrupt`. */
export const updateScript: Script = define(
  ['mark_id', 'data'],
  `
${readHeader}
local newline = find_newline(header)
if not newline then return 'corrupt' end
if is_over(header) then return false end
if is_marked(header, newline, mark_id) then return 1 end
return replace(key, marked(header, newline, mark_id) .. data)
`,
)

/** `corrupt`, or `changed` if the data is not what was expected. */
export const updateIfUnchangedScript: Script = define(
  ['mark_id', 'expected', 'data'],
  `
local value = pcall('GET', key)
if not value then return false end
if type(value) == 'table' then return value end
local newline = find_newline(value)
if not newline then return 'corrupt' end
if is_over(value) then return false end
if is_marked(value, newline, mark_id) then return 1 end
if sub(value, newline + 1) ~= expected then return 'changed' end
return replace(key, marked(value, newline, mark_id) .. data)
`,
)

export const deleteScript: Script = define(
  [],
  `
call('DEL', key)
return 1
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
