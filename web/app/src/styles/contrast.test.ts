import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8')
const light = colours(/:root \{([^}]*)\}/)
const dark = { ...light, ...colours(/:root\[data-theme=['"]dark['"]\] \{([^}]*)\}/) }

/** Text on its ground: WCAG 2.2 SC 1.4.3 asks for 4.5. */
const TEXT: [string, string][] = [
  ...['paper', 'surface', 'surface-2', 'accent-soft'].map((ground): [string, string] => ['ink', ground]),
  ...['paper', 'surface', 'surface-2', 'accent-soft'].map((ground): [string, string] => ['ink-2', ground]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['accent-ink', 'paper'],
  ['accent-ink', 'surface'],
  ['accent-ink', 'accent-soft'],
  ['on-danger', 'danger'],
  ['on-danger', 'danger-hover'],
  ['danger-ink', 'paper'],
  ['danger-ink', 'surface'],
  ['danger-ink', 'surface-2'],
  ['good', 'paper'],
  ['good', 'surface'],
  ['good', 'good-soft'],
  ['on-night', 'night'],
]

/** Edges of controls and the focus ring: SC 1.4.11 asks for 3. */
const EDGES: [string, string][] = [
  ['control-line', 'paper'],
  ['control-line', 'surface'],
  ['focus', 'paper'],
  ['focus', 'surface'],
  ['surface', 'control-line'],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('in the %s theme', (_name, palette) => {
  it.each(TEXT)('%s can be read on %s', (ink, ground) => {
    expect(contrast(palette[ink], palette[ground])).toBeGreaterThanOrEqual(4.5)
  })

  it.each(EDGES)('%s stands out from %s', (edge, ground) => {
    expect(contrast(palette[edge], palette[ground])).toBeGreaterThanOrEqual(3)
  })
})

function colours(block: RegExp): Record<string, string> {
  const body = block.exec(css)?.[1] ?? ''
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]): [string, string] => [
      name ?? '',
      value ?? '',
    ]),
  )
}

function contrast(a: string | undefined, b: string | undefined): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05)
}

function luminance(colour: string | undefined): number {
  const channels = /#(..)(..)(..)/.exec(colour ?? '')?.slice(1) ?? []
  const [r = 0, g = 0, b = 0] = channels.map((hex) => linear(parseInt(hex, 16) / 255))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}
