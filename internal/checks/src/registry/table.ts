/** Result of one check. */
export interface Row {
  readonly subject: string
  readonly passed: boolean
  readonly remark: string
}

/** Prints the results and their counts. Returns true if all passed; an empty list is a failure. */
export function printTable(rows: readonly Row[]): boolean {
  const width = Math.max(...rows.map(({ subject }) => subject.length), 0)
  for (const { subject, passed, remark } of rows) {
    console.log(`${passed ? 'passed' : 'failed'}  ${subject.padEnd(width)}  ${remark}`)
  }
  const failed = rows.filter(({ passed }) => !passed).length
  console.log(`${rows.length - failed} passed, ${failed} failed`)
  return rows.length > 0 && failed === 0
}
