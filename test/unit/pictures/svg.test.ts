import xterm from '@xterm/headless'
import { describe, expect, it } from 'vitest'
import { readCells } from '../../../scripts/pictures/cells.ts'
import { BACKGROUND, FOREGROUND, paletteColor, trueColor } from '../../../scripts/pictures/palette.ts'
import { HIGH, WIDE } from '../../../scripts/pictures/shapes.ts'
import { renderSvg } from '../../../scripts/pictures/svg.ts'

/** What a real terminal makes of some output. */
async function screen(output: string, cols = 20, rows = 2) {
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true })
  await new Promise<void>((written) => terminal.write(output, written))
  const buffer = terminal.buffer.active
  const cells = readCells({ cols, rows, cell: (row, col) => buffer.getLine(row)?.getCell(col) })
  terminal.dispose()
  return cells
}

const texts = (svg: string) => [
  ...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"[^>]*>([^<]*)</g),
]

describe('the palette', () => {
  it('is that of xterm', () => {
    expect([16, 21, 231, 232, 255].map(paletteColor)).toEqual([
      '#000000',
      '#0000ff',
      '#ffffff',
      '#080808',
      '#eeeeee',
    ])
    expect(trueColor(0x00ff0a)).toBe('#00ff0a')
  })
})

describe('a picture of a screen', () => {
  it('has each run of text exactly as long as its cells', async () => {
    const svg = renderSvg(await screen('  ab cd\x1b[31mred\x1b[0m  x'), 'agentctl dash')
    const found = texts(svg).map(([, x, length, text]) => [Number(x), Number(length), text])
    expect(found).toEqual([
      [12 + 2 * WIDE, 5 * WIDE, 'ab cd'].map((value) =>
        typeof value === 'number' ? Math.round(value * 100) / 100 : value,
      ),
      [Math.round((12 + 7 * WIDE) * 100) / 100, Math.round(3 * WIDE * 100) / 100, 'red'],
      [Math.round((12 + 12 * WIDE) * 100) / 100, WIDE, 'x'],
    ])
    expect(svg).toContain(`fill="${paletteColor(1)}">red<`)
  })

  it('leaves out blanks, as not every program keeps them', async () => {
    const found = texts(renderSvg(await screen('a  b c   d'), '')).map(([, , length, text]) => [
      Number(length),
      text,
    ])
    expect(found).toEqual([
      [WIDE, 'a'],
      [Math.round(3 * WIDE * 100) / 100, 'b c'],
      [WIDE, 'd'],
    ])
  })

  it('gives wide characters and marks a place of their own', async () => {
    const found = texts(renderSvg(await screen('a日b✓'), '')).map(([, , length, text]) => [
      Number(length),
      text,
    ])
    expect(found).toEqual([
      [WIDE, 'a'],
      [2 * WIDE, '日'],
      [WIDE, 'b'],
      [WIDE, '✓'],
    ])
  })

  it('knows bold, dim, italic, underlined and reversed', async () => {
    const svg = renderSvg(await screen('\x1b[1;2;3;4mx\x1b[0m\x1b[7my\x1b[0m\x1b[48;2;1;2;3mz'), '')
    expect(svg).toContain('class="b i d u">x<')
    expect(svg).toMatch(new RegExp(`<rect [^>]*fill="${FOREGROUND}"/>`))
    expect(svg).toContain(`fill="${BACKGROUND}">y<`)
    expect(svg).toContain('fill="#010203"/>')
  })

  it('draws blocks and frames itself, as fonts leave gaps', async () => {
    const svg = renderSvg(await screen('▁█▏─╭'), '')
    expect(texts(svg)).toEqual([])
    expect(svg).toContain(`h${WIDE}v${HIGH}h-${WIDE}z`)
    expect(svg.match(/stroke="#cdd6f4"/g)).toHaveLength(1)
  })

  it('is XML, whatever is on the screen and in the title', async () => {
    const svg = renderSvg(await screen('<a href="x">&amp;'), 'a "b" <c>\x1b & d')
    expect(svg).toContain('&lt;a href=&quot;x&quot;&gt;&amp;amp;')
    expect(svg).toContain('<title>a &quot;b&quot; &lt;c&gt; &amp; d</title>')
    expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
    expect(svg).not.toContain('\x1b')
  })

  it('stays small for a large screen full of colours', async () => {
    const line = Array.from({ length: 140 }, (_, i) => (i % 7 === 0 ? `\x1b[3${1 + (i % 6)}mx` : 'y')).join(
      '',
    )
    const svg = renderSvg(await screen(Array(40).fill(line).join('\r\n'), 140, 40), '')
    expect(svg.length).toBeLessThan(200_000)
  })
})
