/** Style sheet of all pages, for light and dark mode. It loads nothing from other sites. */
export const css = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9;
  --card: #fff;
  --line: #dfe3e8;
  --text: #1c2128;
  --quiet: #5a6472;
  --accent: #2456c7;
  --on-accent: #fff;
  --mark: #fff0b8;
  --good: #1a7f4b;
  --bad: #b3261e;
  font: 16px/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a;
    --card: #1d2026;
    --line: #333842;
    --text: #e6e9ee;
    --quiet: #9aa4b2;
    --accent: #8fb3ff;
    --on-accent: #10131a;
    --mark: #5a4a12;
    --good: #5fd39a;
    --bad: #ff8a80;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 44rem; padding: 2rem 1rem 3rem; background: var(--page); color: var(--text); overflow-wrap: anywhere }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -.01em }
h2 { margin: 0 0 .75rem; font-size: 1.05rem }
p { margin: .5rem 0 }
a { color: var(--accent) }
nav { display: flex; gap: .25rem; margin-top: 1rem; border-bottom: 1px solid var(--line) }
nav a { padding: .5rem .75rem; border-bottom: 2px solid transparent; color: var(--quiet); text-decoration: none }
nav a:hover { color: var(--accent) }
nav a[aria-current] { border-color: var(--accent); color: var(--text); font-weight: 600 }
section { margin: 1.25rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
section > :last-child { margin-bottom: 0 }
.quiet { color: var(--quiet); font-size: .9rem }
form { margin: 0 }
.live { margin: 0 }
.live b::before { content: ''; display: inline-block; width: .6rem; height: .6rem; margin: 0 .35rem 0 .15rem; border-radius: 50%; background: var(--line) }
.live b { font-weight: 600 }
.live b[data-state=connected]::before { background: var(--good) }
.live b[data-state=ended]::before, .live b[data-state=lost]::before { background: var(--bad) }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem }
.row.title { justify-content: space-between }
.row > .grow { flex: 1 1 16rem; min-width: 0 }
label { display: block; margin-bottom: .25rem }
input, button { min-height: 2.5rem; padding: .35rem .9rem; font: inherit; border: 1px solid var(--line); border-radius: .5rem }
input { flex: 1 1 12rem; min-width: 0; background: var(--page); color: inherit }
button { background: var(--card); color: var(--accent); cursor: pointer }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button:hover { border-color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
output { font-size: 2.25rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums }
ul { margin: 0 0 1rem; padding: 0; list-style: none }
li { padding: .75rem 0; border-top: 1px solid var(--line) }
li p { margin: 0 }
li p.row { gap: .25rem .5rem; margin-bottom: .2rem }
.badge { padding: .05rem .6rem; border: 1px solid var(--accent); border-radius: 1rem; color: var(--accent); font-size: .8rem }
.badge.bound { border-color: var(--good); color: var(--good) }
.notice { padding: .6rem .9rem; border-left: 3px solid var(--good); background: var(--page); border-radius: 0 .5rem .5rem 0 }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: .75rem 0 0; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .85rem }
dt { color: var(--quiet) }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace }
mark { background: var(--mark); color: var(--text); border-radius: .2rem }
@media (max-width: 30rem) {
  body { padding: 1.25rem .75rem 2rem }
  section { padding: 1rem }
  dl { grid-template-columns: 1fr; gap: 0 }
  dd { margin-bottom: .35rem }
}
`
