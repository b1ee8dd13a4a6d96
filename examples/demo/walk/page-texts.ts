/** User whom the walks sign in. The page shows one of the texts below. */
export const user = 'ada'
export const signedIn = `Signed in as ${user}`
export const signedOut = 'Not signed in'
/** Text of the admin page after a change in two sessions. */
export const twoChanged = `Sessions of ${user}: 2 changed, 0 unchanged, 0 missed, 0 gone.`
