// The oldest version of pg that the store accepts, with the types of the newest one.
declare module 'pg-8.12' {
  import pg from 'pg'
  export default pg
}
