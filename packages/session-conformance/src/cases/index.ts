import type { ConformanceCase } from '../runner/case.js'
import { missingNeeds } from '../runner/case.js'
import type { StoreHarness } from '../runner/harness.js'
import { batchCases } from './batches.js'
import { closeCases } from './close.js'
import { compareCases } from './compare.js'
import { countCases } from './counts.js'
import { createCases } from './create.js'
import { cutOffCases } from './cut-off.js'
import { deleteCases } from './delete.js'
import { errorCases } from './errors.js'
import { fidelityCases } from './fidelity.js'
import { forbiddenCases } from './forbidden.js'
import { fullCases } from './full.js'
import { givenIdCases } from './given-id.js'
import { healthCases } from './health.js'
import { heldCases } from './held.js'
import { idCases } from './ids.js'
import { integrityCases } from './integrity.js'
import { isolationCases } from './isolation.js'
import { limitsCases } from './limits.js'
import { modelCases } from './model.js'
import { outageCases } from './outages.js'
import { readCases } from './read.js'
import { revocationCases } from './revocation.js'
import { storedEndCases } from './stored-end.js'
import { sweepCases } from './sweep.js'
import { touchCases } from './touch.js'
import { twiceCases } from './twice.js'
import { updateCases } from './update.js'
import { userIndexCases } from './user-index.js'
import { userRecordCases } from './user-records.js'

/** Every case of the kit, in the order of the contract. */
export const cases: readonly ConformanceCase[] = [
  ...idCases,
  ...createCases,
  ...readCases,
  ...fidelityCases,
  ...integrityCases,
  ...updateCases,
  ...touchCases,
  ...deleteCases,
  ...revocationCases,
  ...storedEndCases,
  ...errorCases,
  ...outageCases,
  ...cutOffCases,
  ...forbiddenCases,
  ...heldCases,
  ...twiceCases,
  ...healthCases,
  ...isolationCases,
  ...limitsCases,
  ...fullCases,
  ...userIndexCases,
  ...sweepCases,
  ...closeCases,
  ...compareCases,
  ...userRecordCases,
  ...givenIdCases,
  ...batchCases,
  ...countCases,
  ...modelCases,
]

/** The cases for the harness's family whose needs the harness provides. */
export function applicableCases(harness: StoreHarness): readonly ConformanceCase[] {
  return cases.filter(
    (each) =>
      each.families.includes(harness.family) &&
      missingNeeds(harness, each).length === 0 &&
      !(each.sameProcess && harness.otherProcess === true),
  )
}
