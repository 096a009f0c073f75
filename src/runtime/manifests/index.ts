export type { Network, Secret, Store, Unit, UnitVolume, Variable } from './unit.ts'
export { units } from './units.ts'
