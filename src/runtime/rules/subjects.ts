import type { Test } from './equality.ts'
import { anyAt, type Path, type Spread } from './paths.ts'
import { show } from './show.ts'
import type { Steps } from './steps.ts'

/** What the operators below a name ask: the values of a field, or one element of a list. */
export interface Subject {
  readonly field?: string
  readonly steps: Steps
  any(test: Test, spread: Spread): Test
  /** The values there are, for an explanation: the first ones, cut. */
  found(value: unknown): readonly unknown[]
}

const SHOWN = 10

export function fieldSubject(field: string, path: Path, steps: Steps): Subject {
  return {
    field,
    steps,
    any: (test, spread) => anyAt(path, test, spread, steps),
    found(document) {
      const values: unknown[] = []
      const collect: Test = (value) => {
        if (value !== undefined) values.push(show(value, steps))
        return values.length > SHOWN
      }
      const more = anyAt(path, collect, 'whole', steps)(document)
      return more ? [...values.slice(0, SHOWN), '… (and more values)'] : values
    },
  }
}

/** Its elements are not asked in turn when the element is a list. */
export function elementSubject(steps: Steps): Subject {
  return {
    steps,
    any: (test) => test,
    found: (element) => (element === undefined ? [] : [show(element, steps)]),
  }
}
