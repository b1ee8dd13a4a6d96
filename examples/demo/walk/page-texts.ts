/** Who the walks sign in, and what the page says then. */
export const user = 'ada'
export const signedIn = `Signed in as ${user}`
export const signedOut = 'Not signed in'
