/** Characters that XML 1.0 cannot contain, not even escaped (production 2, Char). */
function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x1_00_00
}

/** Escapes text between tags. A character that XML cannot contain becomes the replacement character. */
export function xmlText(text: string): string {
  return Array.from(text, (character) => (isXmlCharacter(character.codePointAt(0) ?? 0) ? character : '\ufffd'))
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

/** Formats attributes, with a space before each. */
export function xmlAttributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      const text = xmlText(String(value)).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
      return ` ${name}="${text}"`
    })
    .join('')
}
