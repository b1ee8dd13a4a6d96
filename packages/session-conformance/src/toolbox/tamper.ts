const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Separators between the parts of sealed ids. */
const separators = ['*', '.', '~', '|', ':']

function replaceAt(text: string, position: number, character: string): string {
  return text.slice(0, position) + character + text.slice(position + 1)
}

/** Returns a sealed id with each position altered in two ways: another character of base64url, and the lowest bit. */
export function alterations(id: string): readonly (readonly [what: string, forged: string])[] {
  const forged: [string, string][] = []
  for (let position = 0; position < id.length; position += 1) {
    const character = id[position] ?? ''
    const index = digits.indexOf(character)
    const other = index < 0 ? 'A' : (digits[(index + 17) % 64] ?? 'A')
    const neighbour = index < 0 ? '.' : (digits[index ^ 1] ?? 'A')
    for (const replacement of new Set([other, neighbour])) {
      if (replacement !== character) forged.push([`position ${position} altered`, replaceAt(id, position, replacement)])
    }
  }
  return forged
}

/** Returns variants of a sealed id: cut, extended, re-encoded, with parts swapped. */
export function reshapings(id: string): readonly (readonly [what: string, forged: string])[] {
  const forged: [string, string][] = [
    ['nothing left', ''],
    ['padding at the end', `${id}=`],
    ['a space at the end', `${id} `],
    ['a line break at the end', `${id}\n`],
    ['a tab before it', `\t${id}`],
    ['a part more', `${id}*`],
    ['itself twice', `${id}${id}`],
    ['standard base64', id.replaceAll('-', '+').replaceAll('_', '/')],
    ['percent-encoding', encodeURIComponent(id).replaceAll('*', '%2A')],
  ]
  for (const keep of [0.25, 0.5, 0.9]) forged.push([`cut to ${keep}`, id.slice(0, Math.floor(id.length * keep))])
  for (let cut = 1; cut <= 8; cut += 1) forged.push([`${cut} characters less`, id.slice(0, -cut)])
  for (const separator of separators) {
    const parts = id.split(separator)
    if (parts.length < 2) continue
    const joined = (what: string, changed: readonly string[]): void => void forged.push([what, changed.join(separator)])
    for (const [n, part] of parts.entries()) {
      if (part !== '') joined(`part ${n + 1} emptied`, parts.with(n, ''))
      joined(`part ${n + 1} padded`, parts.with(n, `${part}=`))
      joined(`part ${n + 1} longer`, parts.with(n, `${part}A`))
      joined(`part ${n + 1} left out`, parts.toSpliced(n, 1))
      for (let cut = 1; cut <= 8 && cut < part.length; cut += 1)
        joined(`part ${n + 1} shorter by ${cut}`, parts.with(n, part.slice(0, -cut)))
    }
    joined('an empty part more', [...parts, ''])
    joined('its last part again', [...parts, parts.at(-1) ?? ''])
  }
  for (const field of id.match(/\d{13}/g) ?? []) {
    const time = Number(field)
    for (const shift of [-3_600_000, -time + 1, 3_600_000, 10 ** 13]) {
      forged.push([`an expiry shifted by ${shift} ms`, id.replace(field, String(time + shift))])
    }
    forged.push(['an expiry taken out', id.replace(field, '')])
  }
  return forged.filter(([, text]) => text !== id)
}

/** Returns every mix of the parts of two sealed ids, except the two ids. */
export function splices(a: string, b: string): readonly (readonly [what: string, forged: string])[] {
  const forged: [string, string][] = []
  for (const separator of separators) {
    const [partsA, partsB] = [a.split(separator), b.split(separator)]
    if (partsA.length < 2 || partsA.length !== partsB.length) continue
    for (let n = 0; n < partsA.length; n += 1) {
      forged.push([`part ${n + 1} of another seal`, partsA.with(n, partsB[n] ?? '').join(separator)])
    }
    for (let n = 1; n < partsA.length; n += 1) {
      forged.push([
        `the last parts of another seal, from ${n + 1}`,
        [...partsA.slice(0, n), ...partsB.slice(n)].join(separator),
      ])
    }
  }
  for (const at of [0.3, 0.5, 0.7, 0.95]) {
    const cut = Math.floor(a.length * at)
    forged.push([`the end of another seal, from ${at}`, a.slice(0, cut) + b.slice(cut)])
  }
  return forged.filter(([, text]) => text !== a && text !== b)
}
