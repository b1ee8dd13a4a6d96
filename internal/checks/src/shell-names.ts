/** Built-in pnpm commands that the docs mention. Any other word after `pnpm` is a script. */
const pnpmCommands = new Set(['add', 'dlx', 'exec', 'install', 'pack', 'publish', 'run'])

const uses = (code: string, pattern: RegExp): string[] => [...code.matchAll(pattern)].map((match) => String(match[1]))

/** Returns the packages of the `@bext` scope and the package.json scripts that a block of shell commands names. */
export function namesInShell(code: string): { packages: string[]; scripts: string[] } {
  const runs = uses(code, /\b(?:npm|pnpm) run ([\w:-]+)/g)
  const shorts = uses(code, /\bpnpm ([a-z][\w:-]*)/g).filter((name) => !pnpmCommands.has(name))
  const tests = uses(code, /\bnpm (test|start)\b/g)
  return { packages: uses(code, /(@bext\/[\w-]+)/g), scripts: [...new Set([...runs, ...shorts, ...tests])] }
}
