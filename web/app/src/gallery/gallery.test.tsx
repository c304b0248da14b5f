import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setLanguage, startI18n } from '../i18n'
import { WithActions } from '../views/Page'
import { quietActions } from './fixtures'
import { entries } from './shell.gallery'

const stills = entries.flatMap(({ view, states }) =>
  Object.entries(states).map(([state, draw]) => ({ view, state, draw })),
)

beforeAll(() => startI18n('en'))
afterEach(cleanup)

describe.each(['en', 'zh'] as const)('in %s', (language) => {
  it.each(stills)('$view: $state has words for everything and a name for every control', ({ draw }) => {
    setLanguage(language)
    const { baseElement } = render(<WithActions actions={quietActions}>{draw()}</WithActions>)
    const texts = [...baseElement.querySelectorAll('*')].flatMap((element) => [
      ...[...element.childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
        .map(({ textContent }) => textContent ?? ''),
      element.getAttribute('aria-label') ?? '',
    ])
    expect(texts.filter((text) => /^[a-z]+[A-Za-z]*(\.[\w-]+)+$/.test(text) || text.includes('{{'))).toEqual([])
    const nameless = [...baseElement.querySelectorAll('button, a')].filter(
      (element) =>
        !element.textContent && !element.getAttribute('aria-label') && !element.getAttribute('aria-labelledby'),
    )
    expect(nameless).toEqual([])
  })
})
