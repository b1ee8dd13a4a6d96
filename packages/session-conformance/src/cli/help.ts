/** What `--help` prints. */
export const help = `Holds a session store against the session store contract.

Usage: session-conformance <module> [options]

  <module>  A file that exports a harness (as default or as "harness"), or, as default, a function that makes a store:
            export default ({ namespace }) => myStore({ prefix: namespace })

Which cases
  --only PATTERN   A case's id, a rule (U3), a group of rules (U), or a glob over ids ("R2-*"). May be repeated.
  --quick          No case that waits: no expiry, no faults of a network. Under a second in process.
  --replay ID      One case by its id, with all of its calls. With --seed it runs as it ran.
  --seed N         Repeats the random values of a run.
  --family FAMILY  For a module that exports a function: "server" (default) or "client".
  --strict         Warnings, and what could not be shown, count as failures.

What comes out
  --json FILE      The whole report as JSON.
  --junit FILE     JUnit XML.
  --markdown FILE  For a README: what was passed, by which versions, how to reproduce it.
  --tap            TAP 14 on the standard output, instead of the table.
  --from FILE      Runs nothing, and shows a report that --json has written in the formats that are asked for.
  --no-color       No colours. NO_COLOR and FORCE_COLOR are heeded, too.
  A FILE of - is the standard output.

  --list           Every case with its level, rule and profile, and runs nothing. Heeds --only, --quick and --family.
  --help, --version

Exit codes: 0 passed, 1 failed, 2 partial (something could not be told) or wrongly used, 130 interrupted.
`
