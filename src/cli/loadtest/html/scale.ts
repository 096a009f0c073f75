/** Size of all charts, and the room around what is drawn, in the units of their view box. */
const WIDTH = 840
const HEIGHT = 220
const LEFT = 60
const RIGHT = 10
const TOP = 12
const BOTTOM = 26

export const plot = {
  left: LEFT,
  right: WIDTH - RIGHT,
  top: TOP,
  bottom: HEIGHT - BOTTOM,
  width: WIDTH - LEFT - RIGHT,
  height: HEIGHT - TOP - BOTTOM,
}

/** A round number that is at least as much: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10
  return factor * power
}

/** Where a value is between the bottom, which is 0, and the top, which is `most`. */
export const heightOf = (value: number, most: number) => plot.bottom - (plot.height * value) / most

/** A chart around what is drawn, with its scale on the left. */
export function chart(name: string, most: number, drawn: string, below: string): string {
  const lines = [0, 0.5, 1].map((share) => {
    const y = heightOf(share * most, most).toFixed(1)
    return `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}"/><text class="left" x="${plot.left - 6}" y="${y}">${shortNumber(share * most)}</text>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}">${lines.join('')}${drawn}${below}</svg>`
}

/** Text below a chart. */
export function tick(x: number, text: string): string {
  return `<text class="below" x="${x.toFixed(1)}" y="${HEIGHT - 8}">${text}</text>`
}

/** Three digits, and no more of them than it takes. */
export const shortNumber = (value: number) => String(Number(value.toPrecision(3)))
