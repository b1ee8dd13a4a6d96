import { batchMutants } from './batches.js'
import { capabilityMutants } from './capabilities.js'
import { conditionMutants } from './conditions.js'
import { countMutants } from './counts.js'
import { errorMutants } from './errors.js'
import { fidelityMutants } from './fidelity.js'
import { givenIdMutants } from './given-id.js'
import { idMutants } from './ids.js'
import { isolationMutants } from './isolation.js'
import { lifecycleMutants } from './lifecycle.js'
import type { Mutant } from './mutant.js'
import { raceMutants } from './races.js'
import { revocationMutants } from './revocation.js'
import { sealingMutants } from './sealing.js'
import { timeMutants } from './time.js'
import { userIndexMutants } from './user-index.js'
import { userRecordMutants } from './user-records.js'

/** Every broken store that needs no server. */
export const inProcessMutants: readonly Mutant[] = [
  ...lifecycleMutants,
  ...raceMutants,
  ...idMutants,
  ...timeMutants,
  ...sealingMutants,
  ...revocationMutants,
  ...fidelityMutants,
  ...isolationMutants,
  ...errorMutants,
  ...capabilityMutants,
  ...givenIdMutants,
  ...userIndexMutants,
  ...userRecordMutants,
  ...conditionMutants,
  ...batchMutants,
  ...countMutants,
]
