/** What pnpm does by itself, as far as docs mention it; anything else after `pnpm` is a script. */
const pnpmCommands = new Set(['add', 'dlx', 'exec', 'install', 'pack', 'publish', 'run'])

const uses = (code: string, pattern: RegExp): string[] => [...code.matchAll(pattern)].map((match) => String(match[1]))

/** What a block of shell commands names: packages of the `@bext` scope, and scripts of a package.json. */
export function namesInShell(code: string): { packages: string[]; scripts: string[] } {
  const runs = uses(code, /\b(?:npm|pnpm) run ([\w:-]+)/g)
  const shorts = uses(code, /\bpnpm ([a-z][\w:-]*)/g).filter((name) => !pnpmCommands.has(name))
  const tests = uses(code, /\bnpm (test|start)\b/g)
  return { packages: uses(code, /(@bext\/[\w-]+)/g), scripts: [...new Set([...runs, ...shorts, ...tests])] }
}
