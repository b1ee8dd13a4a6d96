import type { Script } from '../client/run-script.js'
import { defineScript } from './define-script.js'
import {
  endedText,
  maxHeaderBytes,
  entryMinuteDigits,
  entryMinuteLimit,
  timeDigits,
  toTimeText,
  userOffset,
} from './record.js'

const minuteMs = 60_000
const maxSkewMinutes = 10

/** Stands for the `indexed_until` that is in the record. */
export const asRecorded: string = toTimeText(0)

const readHeader = `
local header = pcall('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if type(header) == 'table' then return header end
if header == '' then return false end
`

/**
 * Replaces a session that has expired. Returns `exists` if another call has taken the key, and `unindexed` if the
 * session would outlive its index entry. A key with the same nonce was written by the same call, which was resent.
 * Without a user the nonce is in `indexed_until`.
 */
export const createScript: Script = defineScript(
  ['ttl', 'indexed_until', 'user', 'nonce', 'data'],
  `
local head = user == '' and '' or user .. stored_nonce(nonce)
local expires = now + ttl
local nonce_end = user == '' and '' or ARGV[1]
local record = digits(expires) .. indexed_until .. digits(now) .. head .. nonce_end .. '\\n' .. data
local unindexed = user ~= '' and digits(expires) > indexed_until
local done = not unindexed and set(key, record, 'NX', 'PXAT', physical_expiry(expires))
if done then return done end
local taken = pcall('GET', key)
local is_text = type(taken) == 'string'
if taken and not (is_text and is_session(taken) and is_expired(taken)) then
  local own = is_text and sub(taken, ${timeDigits + 1}, ${2 * timeDigits}) == indexed_until
  return own and sub(taken, ${userOffset + 1}, ${userOffset} + #head) == head and 1 or 'exists'
end
if unindexed then return 'unindexed' end
return set(key, record, 'PXAT', physical_expiry(expires))
`,
)

// The last digits of `listed_until` tell how many minutes ago the entry was written, up to ten weeks. A node whose
// clock is ahead may have written it a little later than now.
const isRenewalDue = `
local function is_renewal_due(listed_until, renew_after)
  local age = (math.floor(now / ${minuteMs}) - sub(listed_until, ${timeDigits - entryMinuteDigits + 1})) % ${entryMinuteLimit}
  return age >= renew_after and age < ${entryMinuteLimit - maxSkewMinutes}
end
`

/**
 * Returns `corrupt` if the value is not a session. Returns the user's text if the index entry has to be written first,
 * either because the session would outlive it, or because it was written at least `renew_after` minutes ago and may
 * have been lost since. `indexed_until` is the reply of the index if this touch has written the entry,
 * and `asRecorded` otherwise. The script calls the time in the record `listed_until`.
 *
 * An expiry in the past deletes the key. Writing to it afterwards would create it again without an expiry.
 */
export const touchScript: Script = defineScript(
  ['ttl', 'indexed_until', 'renew_after'],
  `${isRenewalDue}
local start = pcall('GETRANGE', key, 0, ${userOffset})
if type(start) == 'table' then return start end
if start == '' then return false end
if not is_session(start) then return 'corrupt' end
if is_expired(start) then return false end
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
if tonumber(ttl) > 1 or call('GETRANGE', key, 0, 0) ~= '' then call('SETRANGE', key, 0, digits(expires) .. listed_until) end
return 1
`,
)

/** Returns `1`, `nil` if the session is missing, or `corrupt` if the value is not a session. */
export const updateScript: Script = defineScript(
  ['nonce', 'data'],
  `
${readHeader}
local newline = find_newline(header)
if not newline then return 'corrupt' end
if is_expired(header) then return false end
local first = first_nonce(header, newline)
if has_nonce(header, first, newline, nonce) then return 1 end
return replace(key, with_nonce(header, first, newline, nonce, data))
`,
)

/** Returns the same as `updateScript`, or `changed` if the data is not the expected data. */
export const updateIfUnchangedScript: Script = defineScript(
  ['nonce', 'expected', 'data'],
  `
local value = pcall('GET', key)
if not value then return false end
if type(value) == 'table' then return value end
local newline = find_newline(value)
if not newline then return 'corrupt' end
if is_expired(value) then return false end
local first = first_nonce(value, newline)
if has_nonce(value, first, newline, nonce) then return 1 end
if sub(value, newline + 1) ~= expected then return 'changed' end
return replace(key, with_nonce(value, first, newline, nonce, data))
`,
)

/**
 * Returns the user's text if the session has to be removed from a user's index, and `1` otherwise: it is anonymous or
 * missing, or the value is not a session.
 *
 * A driver may send a delete again, and then it must still return the user (contract E6). So the script keeps the header
 * of a user's session, with an expiry of zero, until `forgetScript` runs, or until this delete would be rejected as
 * late. A full server rejects none of it, because the first command frees memory.
 */
export const deleteScript: Script = defineScript(
  [],
  `
local value = pcall('GETDEL', key)
if type(value) == 'table' then
  if not find(value.err, 'WRONGTYPE', 1, true) then return value end
  call('DEL', key)
  return 1
end
if not value or sub(value, ${userOffset + 1}, ${userOffset + 1}) ~= '"' then return 1 end
local newline = find_newline(value)
local user = newline and user_of(value, newline) or ''
if user == '' then return 1 end
call('SET', key, '${endedText}' .. sub(value, ${timeDigits + 1}, ${userOffset}) .. user .. '\\n', 'PXAT', ARGV[1])
return user
`,
)

/** Removes what `deleteScript` has kept. */
export const forgetScript: Script = defineScript(
  [],
  `
if call('GETRANGE', key, 0, ${timeDigits - 1}) == '${endedText}' then call('DEL', key) end
return 1
`,
)

/** Returns `wrong_user` if the session is not that user's. */
export const deleteOfUserScript: Script = defineScript(
  ['user'],
  `
${readHeader}
local newline = find_newline(header)
if not newline or user_of(header, newline) ~= user then return 'wrong_user' end
call('DEL', key)
return 1
`,
)
