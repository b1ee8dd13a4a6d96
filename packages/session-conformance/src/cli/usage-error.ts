/** What a user can put right: told in one paragraph, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
