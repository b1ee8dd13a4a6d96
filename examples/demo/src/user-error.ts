/** A failure whose message says all that there is to say: it is printed without a stack, and the demo ends. */
export class UserError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
