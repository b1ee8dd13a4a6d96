/** Result of a validation: the validated value, or the issues. */
export type DataSchemaResult<Data> =
  { readonly value: Data; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] }

/** Any schema that follows Standard Schema v1 (standardschema.dev), such as those of Zod, Valibot and ArkType. */
export interface DataSchema<Data> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => DataSchemaResult<Data> | Promise<DataSchemaResult<Data>>
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined
  }
}
