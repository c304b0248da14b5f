// The page docs/benchmarks.md, whose sections are measured and replaced one by one.

/** @returns the texts of a page by the titles they stand under */
export function sectionsOf(page) {
  const parts = page.split(/^## /m).slice(1)
  return new Map(
    parts.map((part) => {
      const [title, ...lines] = part.split('\n')
      return [title, `${lines.join('\n').trim()}\n`]
    }),
  )
}

/** @returns the page in Markdown, sections in this order */
export function pageOf(order, sections) {
  const known = order.filter(({ title }) => sections.has(title))
  const texts = known.map(({ title }) => `## ${title}\n\n${sections.get(title)}`)
  return `# Benchmarks

Made by \`make bench\`. Machines differ and are noisy: the ratios, taken alternately in one run, are what counts.
One section alone: \`node bench/all.mjs target/release/magpie --only relay\`; a part of it: \`--only "relay:5,000"\`.

${texts.join('\n')}`
}
