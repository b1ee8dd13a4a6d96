export type { DeviceBindingOptions, DeviceRejection, DeviceRejectionReason, DeviceSecret } from './options.js'
export { deviceBinding } from './binding.js'
export type { NodeDeviceRequest, NodeDeviceResponse } from './node.js'
export { deviceNode } from './node.js'
