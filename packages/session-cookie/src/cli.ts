#!/usr/bin/env node
import { randomBytes } from 'node:crypto'

const usage = `Usage: session-cookie generate-secret

Prints a new secret for cookieSessions: 32 random bytes as base64url text. Store it where you store your passwords.
`

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === 'generate-secret') {
  process.stdout.write(`${randomBytes(32).toString('base64url')}\n`)
} else {
  const isHelp = args.length === 0 || args.some((argument) => ['help', '--help', '-h'].includes(argument))
  if (isHelp) process.stdout.write(usage)
  else process.stderr.write(`session-cookie: unknown command; expected generate-secret.\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}
