import type { DescribeDetail, DetailInput, DetailPage } from '../detail.ts'
import { clipLine } from '../parts.ts'
import { entryPage } from './entry.ts'
import { groupPage } from './group.ts'
import { letterPage } from './letter.ts'
import { lettersPage } from './letters.ts'
import { replicaPage } from './replica.ts'
import { rolePage } from './role.ts'
import { streamPage } from './stream.ts'

/** What there is to see of one thing. Lines are no wider than the width, and hold nothing that a terminal would act on. */
export const describeDetail: DescribeDetail = (input) => {
  const { title, lines } = pageOf(input)
  return { title, lines: lines.map((line) => ({ ...line, parts: clipLine(line.parts, input.width) })) }
}

function pageOf(input: DetailInput): DetailPage {
  const { reference } = input
  switch (reference.kind) {
    case 'stream':
      return streamPage(reference, input)
    case 'group':
      return groupPage(reference, input)
    case 'entry':
      return entryPage(reference, input)
    case 'role':
      return rolePage(reference, input)
    case 'replica':
      return replicaPage(reference, input)
    case 'letters':
      return lettersPage(reference, input)
    case 'letter':
      return letterPage(reference, input)
  }
}
