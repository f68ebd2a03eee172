import { Refusal } from '../../../errors.ts'

/** What kind of legacy database is wanted. */
export interface Options {
  /** Media rows; training and prediction get about a third as many each. */
  rows: number
  /** Flyway version, 9 to 32. */
  version: number
  /** Share of the titles that get one of the dirt cases, 0 to 1. */
  dirt: number
  /** The same seed gives the same bytes. */
  seed: number
  /** Leaves out nine of training's constraints, its primary key among them, as production was found before V30. */
  withoutTrainingConstraints?: boolean
}

const whole = (value: number) => Number.isSafeInteger(value)

/** Throws a Refusal that names the first option which makes no sense. */
export function checkOptions({ rows, version, dirt, seed, withoutTrainingConstraints }: Options): void {
  if (!whole(rows) || rows < 0 || rows > 10_000_000)
    throw new Refusal('rows must be a whole number from 0 to 10,000,000', { rows }, 'npm run legacy -- --rows 1000')
  if (!whole(version) || version < 9 || version > 32)
    throw new Refusal('version must be a Flyway version from 9 to 32', { version }, 'npm run legacy -- --version 23')
  if (!(dirt >= 0 && dirt <= 1))
    throw new Refusal('dirt must be a share from 0 to 1', { dirt }, 'npm run legacy -- --dirt 0.02')
  if (!whole(seed)) throw new Refusal('seed must be a whole number', { seed }, 'npm run legacy -- --seed 1')
  if (withoutTrainingConstraints && version >= 30)
    throw new Refusal(
      "V30 adds training's missing constraints back, so they cannot be missing from it on",
      { version },
      'choose a version from 9 to 29, or keep the constraints',
    )
}
