/** What a person may want to know besides the fact: printed as `name = value`. */
export type Values = Record<string, string | number | boolean | null | undefined>

/** A fact, its values and the next step: the only kind of error that Sluice throws on purpose. */
export abstract class SluiceError extends Error {
  /** Exit code of the command that ends with this error. */
  abstract readonly exitCode: 1 | 2
  readonly values: Values
  readonly next: string

  constructor(fact: string, values: Values, next: string, cause?: unknown) {
    super(fact, cause === undefined ? undefined : { cause })
    this.values = values
    this.next = next
  }

  /** One line: the fact, the values, the next step. */
  get line(): string {
    const values = Object.entries(this.values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `${name} = ${value}`)
    return `${this.message}${values.length ? ` (${values.join(', ')})` : ''}. Next: ${this.next}`
  }
}

/** Sluice will not do what was asked, or found a difference: nothing was changed. Exit code 2. */
export class Refusal extends SluiceError {
  override readonly name = 'Refusal'
  readonly exitCode = 2
}

/** Something that should have worked did not. Exit code 1. */
export class Failure extends SluiceError {
  override readonly name = 'Failure'
  readonly exitCode = 1
}
