/** The text that `--help` prints. */
export const help = `Checks a session store against the session store contract.

Usage: session-conformance <module> [options]

  <module>  A file that exports a harness (as default or as "harness"), or, as default, a function that makes a store:
            export default ({ namespace }) => myStore({ prefix: namespace })

  --process COMMAND
            Instead of a module: a command that answers the calls over its standard input and output, as JSON lines.
            For a store in any language: --process "python3 my_store.py"

Choosing cases
  --only PATTERN   A case's id, a rule (U3), a group of rules (U), or a glob over ids ("R2-*"). May be repeated.
  --quick          Skips cases that wait for expiry or network faults. Takes under a second for a store in process.
  --replay ID      Runs one case and shows all its calls. Add --seed to repeat the same random values.
  --seed N         Repeats the random values of an earlier run.
  --family FAMILY  For a module that exports a function: "server" (default) or "client".
  --strict         Counts warnings and cases that are not testable as failures.

Output
  --json FILE      The whole report as JSON.
  --junit FILE     JUnit XML.
  --markdown FILE  A summary for a README: a badge, profiles, versions and the command to reproduce it.
  --tap            TAP 14 on the standard output, instead of the table.
  --from FILE      Runs no cases. Reads a report that --json wrote and prints it in the requested formats.
  --no-color       No colours. The NO_COLOR and FORCE_COLOR variables also work.
  Use - as FILE for the standard output.

  --list           Runs no cases. Lists each with its level, rule and profile. Works with --only, --quick, --family.
  --help, --version

Exit codes: 0 passed, 1 failed, 2 partial (a case was inconclusive) or invalid command line, 130 interrupted.
`
