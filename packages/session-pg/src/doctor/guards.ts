import { warning, problem, type Finding } from '@bext/session-core/doctor'
import type { Ask } from './ask.js'

async function examineRowSecurity(ask: Ask, table: string): Promise<Finding[]> {
  const [isOn, isActive] = await ask.row(
    'select relrowsecurity, row_security_active(oid) from pg_class where oid = $1::text::regclass',
    table,
  )
  if (isActive === 't') {
    const why =
      'A policy can hide sessions from the store, which then could not delete them. Calls that find no session fail.'
    const advice = 'Run alter table … disable row level security, or use a role with bypassrls.'
    return [problem('privileges', 'row level security applies to the role', why, advice)]
  }
  if (isOn !== 't') return []
  const why =
    'It does not apply to this role, which is the owner, a superuser, or has bypassrls. Calls of other roles fail.'
  const advice = 'Use this role for the store, or run alter table … disable row level security.'
  return [warning('privileges', 'row level security is on', why, advice)]
}

// A trigger with the type bits 1 and 2 is called before each row.
const guards = `with leaf as (
  select $1::text::regclass as relid union select relid from pg_partition_tree($1::text::regclass)
)
select (select string_agg(distinct quote_ident(tgname), ', ') from pg_trigger
    where tgrelid in (select relid from leaf) and tgtype & 3 = 3 and not tgisinternal and tgenabled <> 'D'),
  (select string_agg(distinct quote_ident(rulename), ', ') from pg_rewrite
    where ev_class in (select relid from leaf) and ev_enabled <> 'D')`

/** Checks for policies, triggers and rules that can keep a statement of the store from its rows. */
export async function examineGuards(ask: Ask, table: string): Promise<Finding[]> {
  const findings = await examineRowSecurity(ask, table)
  const [triggers, rules] = await ask.row(guards, table)
  if (typeof triggers === 'string') {
    const why = 'A trigger that returns null keeps the row unchanged. Calls then fail, and a sweep removes nothing.'
    const advice = 'Make it return new (old for a delete) or raise an exception, or drop it.'
    findings.push(warning('table', `triggers are called before each row: ${triggers}`, why, advice))
  }
  if (typeof rules === 'string') {
    const why = 'Calls of the store fail, because PostgreSQL cannot rewrite its statements.'
    findings.push(problem('table', `rules rewrite its statements: ${rules}`, why, 'Drop the rules.'))
  }
  return findings
}
