const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/MicroMessenger\//, 'WeChat'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

/** A name for this device that its owner will recognise in a list: `Chrome on Linux`. */
export function deviceLabel(userAgent: string): string {
  const name = (table: typeof BROWSERS, otherwise: string) =>
    table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise
  return `${name(BROWSERS, 'Browser')} on ${name(SYSTEMS, 'device')}`
}
