// Numbers and tables in Markdown.

/** The median of what is a number; NaN of nothing. */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  const half = Math.floor((sorted.length - 1) / 2)
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half] + sorted[half + 1]) / 2
}

/** Median and 90th percentile of some times. */
export function quantiles(times) {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)]
  return { p50: at(0.5), p90: at(0.9) }
}

/** A figure with as many digits as mean something; nothing if there is none. */
export function number(value) {
  if (!Number.isFinite(value)) return ''
  return value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toFixed(2)
}

/** Whether a figure is within what was promised, in words. */
export function verdict(value, most, unit = '') {
  if (!Number.isFinite(value)) return 'not measured'
  return value <= most ? `kept (${number(value)}${unit})` : `**missed** (${number(value)}${unit})`
}

/** A table in Markdown. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
