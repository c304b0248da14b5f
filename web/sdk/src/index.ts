/**
 * The browser library of Magpie: identity, ringing, negotiation and recovery of calls between two people.
 *
 * @packageDocumentation
 */
export { Call, type CallEvents } from './call'
export { MagpieError } from './error'
export type { IdentityStore } from './identity'
export { Magpie, needsAdapter, type MagpieEvents, type MagpieOptions } from './magpie'
export type * from './types'
