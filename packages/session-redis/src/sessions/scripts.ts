import type { Script } from '../client/run-script.js'
import { defineScript, ownerPattern } from './define-script.js'
import { endedText, maxHeaderBytes, entryMinuteDigits, entryMinuteLimit, ownerOffset, timeDigits } from './record.js'

const minuteMs = 60_000
const maxSkewMinutes = 10

// The byte with which an owner begins.
const quote = '"'.charCodeAt(0)

const readHeader = `
local header = pcall('GETRANGE', key, 0, ${maxHeaderBytes - 1})
if type(header) == 'table' then return header end
if header == '' then return false end
`

/**
 * Replaces a session that has expired. Returns `exists` if another call has taken the key, and `unindexed` if the
 * session would outlive its index entry. A session with the nonce was written by the same call, which was resent: returns
 * its owner, which is empty for an anonymous session, whose nonce is in `indexed_until`. A full server returns the same if
 * a live session has the key.
 */
export const createScript: Script = defineScript(
  ['ttl', 'indexed_until', 'owner', 'nonce', 'data'],
  `
expire_at(now + ttl)
local head = owner == '' and '' or owner .. '#' .. nonce .. ARGV[1]
local record = expires_text .. indexed_until .. now_text .. head .. '\\n' .. data
local unindexed = owner ~= '' and expires_text > indexed_until
local done = not unindexed and set(key, record, 'NX', 'PXAT', key_expiry)
if done == 1 then return 1 end
local taken = pcall('GET', key)
local is_text = type(taken) == 'string'
if taken and not (is_text and is_session(taken) and is_expired(taken)) then
  local newline = is_text and find(taken, '\\n', ${ownerOffset + 1}, true)
  local rest = newline and sub(taken, ${ownerOffset + 1}, newline - 1)
  local own
  if owner ~= '' then own = rest and find(rest, '#' .. nonce, 1, true)
  else own = rest and sub(taken, ${timeDigits + 1}, ${2 * timeDigits}) == indexed_until end
  return own and (string.match(rest, '${ownerPattern}') or '') or 'exists'
end
if unindexed then return 'unindexed' end
return done or set(key, record, 'PXAT', key_expiry)
`,
)

// An expiry in the past deletes the key. Writing to it afterwards would create it again without an expiry.
const extend = (times: string): string => `
call('PEXPIREAT', key, key_expiry)
if expires > now + 1 or call('GETRANGE', key, 0, 0) ~= '' then call('SETRANGE', key, 0, ${times}) end
`

// The last digits of `listed_until` tell how many minutes ago the entry was written, up to ten weeks. A node whose
// clock is ahead may have written it a little later than now.
const ageMinutes = `(math.floor(now / ${minuteMs}) - sub(listed_until, ${timeDigits - entryMinuteDigits + 1})) % ${entryMinuteLimit}`

/**
 * Returns `corrupt` if the value is not a session. Returns the owner if the index entry has to be written first, either
 * because the session would outlive it, or because it was written at least `renew_after` minutes ago and may have been
 * lost since.
 */
export const touchScript: Script = defineScript(
  ['ttl', 'renew_after'],
  `
local start = pcall('GETRANGE', key, 0, ${ownerOffset})
if type(start) == 'table' then return start end
if start == '' then return false end
if not is_session(start) then return 'corrupt' end
if is_expired(start) then return false end
expire_at(now + ttl)
if byte(start, ${ownerOffset + 1}) == ${quote} then
  local listed_until = sub(start, ${timeDigits + 1}, ${2 * timeDigits})
  local age = ${ageMinutes}
  local is_renewal_due = age >= tonumber(renew_after) and age < ${entryMinuteLimit - maxSkewMinutes}
  if is_renewal_due or expires_text > listed_until then
    ${readHeader}
    local newline = find_newline(header)
    return newline and owner_of(header, newline) or 'corrupt'
  end
end
${extend('expires_text')}
return 1
`,
)

/**
 * Touches a session after its index entry was written. Returns the owner if that is another one, because the session was
 * replaced meanwhile, or if the session would outlive the entry. If there is no owner now, the session is touched.
 */
export const touchIndexedScript: Script = defineScript(
  ['ttl', 'indexed_until', 'owner'],
  `
${readHeader}
local newline = find_newline(header)
if not newline then return 'corrupt' end
if is_expired(header) then return false end
expire_at(now + ttl)
local present = owner_of(header, newline)
if present ~= '' and (present ~= owner or expires_text > indexed_until) then return present end
${extend("expires_text .. (present == '' and '' or indexed_until)")}
return present == owner and 1 or present
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
local changed = with_data(header, newline, nonce, data)
return changed and replace(key, changed) or 1
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
local changed = with_data(value, newline, nonce, data)
if not changed then return 1 end
if sub(value, newline + 1) ~= expected then return 'changed' end
return replace(key, changed)
`,
)

/** Returns the same as `updateIfUnchangedScript`, or `gone` if the user has no such session. */
export const updateUserRecordScript: Script = defineScript(
  ['nonce', 'user', 'expected', 'data'],
  `
local value = pcall('GET', key)
if not value then return 'gone' end
if type(value) == 'table' then return value end
local newline = find_newline(value)
if not newline then return 'corrupt' end
if is_expired(value) or sub(owner_of(value, newline), 1, #user) ~= user then return 'gone' end
local changed = with_data(value, newline, nonce, data)
if not changed then return 1 end
if sub(value, newline + 1) ~= expected then return 'changed' end
return replace(key, changed)
`,
)

/**
 * Returns the owner if the session has to be removed from a user's index, and `1` otherwise: it is anonymous or missing,
 * or the value is not a session.
 *
 * A driver may send a delete again, and then it must still return the owner (contract E6). So the script keeps the header
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
if not value or byte(value, ${ownerOffset + 1}) ~= ${quote} then return 1 end
local newline = find_newline(value)
local owner = newline and owner_of(value, newline) or ''
if owner == '' then return 1 end
call('SET', key, '${endedText}' .. sub(value, ${timeDigits + 1}, ${ownerOffset}) .. owner .. '\\n', 'PXAT', ARGV[1])
return owner
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

/** Returns `wrong_owner` if the session has another owner. */
export const deleteOfOwnerScript: Script = defineScript(
  ['owner'],
  `
${readHeader}
local newline = find_newline(header)
if not newline or owner_of(header, newline) ~= owner then return 'wrong_owner' end
call('DEL', key)
return 1
`,
)
