/** Returns a function that creates a value for each namespace once, and then returns the same one. */
export function perNamespace<Value>(create: (namespace: string) => Value): (namespace: string) => Value {
  const values = new Map<string, Value>()
  return (namespace) => {
    const value = values.get(namespace) ?? create(namespace)
    values.set(namespace, value)
    return value
  }
}
