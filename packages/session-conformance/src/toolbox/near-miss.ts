function swapCase(text: string): string {
  return Array.from(text, (character) => {
    const lower = character.toLowerCase()
    return character === lower ? character.toUpperCase() : lower
  }).join('')
}

/** Returns the full-width form of a character of ASCII, which NFKC turns into the character. */
function widen(character: string): string {
  return String.fromCodePoint((character.codePointAt(0) ?? 33) + 0xfee0)
}

/** Returns texts that differ slightly from an id, each with a name (contract R4). */
export function nearMissesOf(id: string): readonly (readonly [what: string, id: string])[] {
  const last = id.at(-1) ?? ''
  // From the alphabet of the id, so that only a look-up can find that it is another id.
  const other = Array.from(id).find((character) => character !== last && /[a-z0-9]/i.test(character)) ?? 'x'
  const misses: readonly (readonly [string, string])[] = [
    ['the other case', swapCase(id)],
    ['upper case', id.toUpperCase()],
    ['lower case', id.toLowerCase()],
    ['a trailing space', `${id} `],
    ['a leading space', ` ${id}`],
    ['a line break', `${id}\n`],
    ['a trailing NUL', `${id}\u0000`],
    ['a NUL and more', `${id}\u0000x`],
    ['a character more', `${id}A`],
    ['padding', `${id}=`],
    ['a character less', id.slice(0, -1)],
    ['half of it missing', id.slice(0, Math.floor(id.length / 2))],
    ['another last character of its own alphabet', id.slice(0, -1) + other],
    ['its last character changed', id.slice(0, -1) + (last === 'A' ? 'B' : 'A')],
    ['the case of its last character changed', id.slice(0, -1) + swapCase(last)],
    ['its first character changed', (id.startsWith('A') ? 'B' : 'A') + id.slice(1)],
    ['itself twice', id + id],
    ['a path before it', `../${id}`],
    ['a path after it', `${id}/..`],
    ['a query after it', `${id}?a=b`],
    ['a fragment after it', `${id}#a`],
    ['a folder after it', `${id}/a`],
    ['a slash after it', `${id}/`],
    ['a parameter after it', `${id};a=b`],
    ['an extension', `${id}.json`],
    ['a signature', `${id}.${id}`],
    ['a zero-width space', `${id}\u200b`],
    ['a byte order mark', `\ufeff${id}`],
    ['full-width characters', Array.from(id, widen).join('')],
    ['a wildcard', `${id.slice(0, -1)}*`],
    ['a placeholder', `${id.slice(0, -1)}?`],
    ['an SQL wildcard', `${id.slice(0, -1)}_`],
    ['an SQL prefix', `${id.slice(0, 5)}%`],
    ['a prefix', `session:${id}`],
    ['percent-encoding', `%${(id.codePointAt(0) ?? 65).toString(16)}${id.slice(1)}`],
    ['quotes', `"${id}"`],
  ]
  return misses.filter(([, miss]) => miss !== id)
}
