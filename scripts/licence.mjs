// Decides whether a licence expression (SPDX) can be met by the licences we accept.

/** The licences named under `allow` in deny.toml, the one place they are listed. */
export function allowed(denyToml) {
  const list = denyToml.match(/^\[licenses\][\s\S]*?^allow\s*=\s*\[([\s\S]*?)\]/m)?.[1]
  if (list === undefined) throw new Error('deny.toml has no [licenses] allow list')
  return new Set([...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]))
}

/**
 * Whether `expression` can be met. `OR` needs one side, `AND` both; `/` is the old spelling of `OR` in Cargo.
 * @param {string} expression
 * @param {Set<string>} allow
 */
export function permits(expression, allow) {
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g) ?? []
  let at = 0
  const or = () => {
    let met = and()
    while (tokens[at]?.toUpperCase() === 'OR') {
      at += 1
      met = and() || met
    }
    return met
  }
  const and = () => {
    let met = one()
    while (tokens[at]?.toUpperCase() === 'AND') {
      at += 1
      met = one() && met
    }
    return met
  }
  const one = () => {
    if (tokens[at] === '(') {
      at += 1
      const met = or()
      at += 1
      return met
    }
    let name = tokens[at++] ?? ''
    if (tokens[at]?.toUpperCase() === 'WITH') {
      name = `${name} WITH ${tokens[at + 1]}`
      at += 2
    }
    return allow.has(name)
  }
  return or() && at === tokens.length
}
