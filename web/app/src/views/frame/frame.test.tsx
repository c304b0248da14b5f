import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { connecting, offline, online, quietActions } from '../../gallery/fixtures'
import { startI18n } from '../../i18n'
import type { Route } from '../../model/route'
import { WithActions } from '../Page'
import { Banner } from './Banner'
import { Frame } from './Frame'
import { Stopped } from './Stopped'

const takeOver = vi.fn()

beforeAll(() => startI18n('en'))
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

describe('the focus', () => {
  it('moves into the view after a change of page', () => {
    const { rerender } = render(frame({ kind: 'home' }))
    rerender(frame({ kind: 'settings' }))
    expect(document.activeElement).toBe(screen.getByRole('main'))
  })

  it('comes back to where it was when a call is over', async () => {
    const { rerender } = render(frame({ kind: 'home' }))
    const button = screen.getByRole('button', { name: 'press' })
    button.focus()
    rerender(frame({ kind: 'home' }, true))
    button.blur()
    rerender(frame({ kind: 'home' }))
    await act(() => Promise.resolve())
    expect(document.activeElement).toBe(button)
  })
})

describe('the line about the connection', () => {
  it('stays away for a break that heals at once', () => {
    vi.useFakeTimers()
    const { rerender } = render(<Banner session={online} />)
    rerender(<Banner session={offline} />)
    pass(1000)
    expect(screen.getByRole('status').textContent).toBe('')
    rerender(<Banner session={online} />)
    pass(5000)
    expect(screen.getByRole('status').textContent).toBe('')
  })

  it('appears when the break lasts, and goes with it', () => {
    vi.useFakeTimers()
    const { rerender } = render(<Banner session={online} />)
    rerender(<Banner session={offline} />)
    pass(2000)
    expect(screen.getByRole('status').textContent).toMatch(/No connection to the server/)
    rerender(<Banner session={online} />)
    expect(screen.getByRole('status').textContent).toBe('')
  })

  it('does not alarm while the page connects for the first time', () => {
    render(<Banner session={connecting} />)
    expect(screen.getByRole('status').textContent).toBe('')
  })
})

describe('a session that cannot go on', () => {
  it.each(['unsupported', 'insecure', 'storage', 'refused'] as const)('for being %s says what to press', (code) => {
    render(
      <WithActions actions={quietActions}>
        <Stopped session={{ kind: 'failed', code, detail: 'the reason' }} />
      </WithActions>,
    )
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }))
    expect([...screen.queryAllByRole('button'), ...screen.queryAllByRole('link')].length).toBeGreaterThan(0)
    expect(screen.getByText('the reason')).toBeTruthy()
  })

  it('since another tab has it, can be taken over', () => {
    render(
      <WithActions actions={{ ...quietActions, takeOver }}>
        <Stopped session={{ kind: 'replaced' }} />
      </WithActions>,
    )
    fireEvent.click(screen.getByRole('button', { name: 'Use here' }))
    expect(takeOver).toHaveBeenCalledOnce()
  })
})

function frame(route: Route, covered = false) {
  return (
    <WithActions actions={quietActions}>
      <Frame route={route} session={online} language="system" covered={covered}>
        <button type="button">press</button>
      </Frame>
    </WithActions>
  )
}

function pass(ms: number): void {
  act(() => {
    vi.advanceTimersByTime(ms)
  })
}
