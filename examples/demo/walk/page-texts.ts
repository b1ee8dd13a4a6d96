/** User whom the walks sign in. The page shows one of the texts below. */
export const user = 'ada'
export const signedIn = `Signed in as ${user}`
export const signedOut = 'Not signed in'
