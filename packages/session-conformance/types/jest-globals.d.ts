// As much of jest's module as the adapter uses, for the compiler: jest itself gives this module to what it runs.
declare module '@jest/globals' {
  type Declare = (title: string, run: () => Promise<void>, timeoutMs: number) => void
  export function describe(title: string, declare: () => void): void
  export const test: Declare & { readonly concurrent: Declare }
}
