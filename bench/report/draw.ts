/** A part of the page, and how much of its height it takes. */
export interface Part {
  height: number
  body: string
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const number = (value: number | string) =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : escaped(value)

/** One element with its attributes and its text. */
export function element(name: string, attributes: Record<string, number | string>, text = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${number(value)}"`)
  return `<${name}${written.join('')}>${escaped(text)}</${name}>\n`
}

/** A page with a background of its own, so that it can be read wherever it is shown. */
export const page = (
  width: number,
  height: number,
  body: string[],
): string => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="#1f2328">
<title>Results of the bench</title>
<style>
.title { font-size: 16px; font-weight: 600 } .quiet { fill: #59636e; font-size: 12px } .end { text-anchor: end } .middle { text-anchor: middle }
</style>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${body.join('')}</svg>
`

/** A round step so that `most` takes about five of them. */
export function step(most: number): number {
  const rough = most / 5 || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
}

/** Colours of phases: told apart in print and by people who see few colours. */
export const colours: Record<string, string> = {
  plan: '#e69f00',
  expand: '#000000',
  copy: '#0072b2',
  'keys and indexes': '#56b4e9',
  verify: '#009e73',
}
