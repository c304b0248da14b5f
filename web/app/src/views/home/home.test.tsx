import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { first, me, NOW, offline, online, ORIGIN, preferences, quietActions, recents } from '../../gallery/fixtures'
import { startI18n } from '../../i18n'
import type { Actions } from '../../model/actions'
import { WithActions } from '../Page'
import { HomeView } from './HomeView'

const dial = vi.fn()
const navigate = vi.fn()
const setClaim = vi.fn()
const setPreferences = vi.fn()
const arm = vi.fn()

beforeAll(() => startI18n('en'))
beforeEach(() => vi.clearAllMocks())
afterEach(cleanup)

describe('a first visit', () => {
  it('shows a working number and says what to do with it', () => {
    show(first)
    expect(screen.getByRole('status', { name: 'My number' }).textContent).toBe('417 803 533')
    expect(screen.getByText(/Give it to a friend/)).toBeTruthy()
  })

  it('shows the number of the last visit before the server answers', () => {
    show({ kind: 'connecting', attempt: 1 }, [], me)
    expect(screen.getByRole('status', { name: 'My number' }).textContent).toBe('417 803 533')
    expect(screen.queryByText(/Give it to a friend/)).toBeNull()
  })
})

describe('the field', () => {
  it.each([
    ['Video call', 'video'],
    ['Audio call', 'audio'],
  ])('dials what was typed by %s', (name, media) => {
    show(first)
    type('204 816 320')
    fireEvent.click(screen.getByRole('button', { name }))
    expect(dial).toHaveBeenCalledExactlyOnceWith('204816320', media)
  })

  it('dials with video on Enter', () => {
    show(first)
    type('@lin')
    fireEvent.submit(screen.getByRole('form', { name: 'Call someone' }))
    expect(dial).toHaveBeenCalledExactlyOnceWith('lin', 'video')
  })

  it.each([
    ['204816321', /One digit may be wrong/],
    ['what?', /not a number, handle or link/],
    ['', /Type a number/],
  ])('says what is wrong with "%s" and dials nothing', (typed, words) => {
    show(first)
    type(typed)
    fireEvent.click(screen.getByRole('button', { name: 'Video call' }))
    expect(screen.getByRole('alert').textContent).toMatch(words)
    expect(screen.getByRole('textbox').getAttribute('aria-invalid')).toBe('true')
    expect(dial).not.toHaveBeenCalled()
  })

  it('takes a number from the keypad', () => {
    show(first)
    fireEvent.click(screen.getByRole('button', { name: 'Keypad' }))
    for (const key of '2048163209') fireEvent.click(screen.getByRole('button', { name: key }))
    fireEvent.click(screen.getByRole('button', { name: 'Delete the last digit' }))
    expect(screen.getByRole<HTMLInputElement>('textbox').value).toBe('204816320')
  })

  it('goes where a pasted link leads', async () => {
    clipboard(() => Promise.resolve('Ring me: https://192.168.1.9:8443/call/i-Ab3x9YzQ'))
    show(first)
    fireEvent.click(screen.getByRole('button', { name: 'Paste and go' }))
    await waitFor(() => expect(navigate).toHaveBeenCalledWith({ kind: 'call', who: 'i-Ab3x9YzQ' }))
  })

  it('offers to link this device when such a link was pasted', async () => {
    clipboard(() => Promise.resolve('https://192.168.1.9:8443/#link=K7QX2M4P'))
    show(first)
    fireEvent.click(screen.getByRole('button', { name: 'Paste and go' }))
    await waitFor(() => expect(setClaim).toHaveBeenCalledWith({ kind: 'asking', code: 'K7QX2M4P' }))
  })

  it('says what to do when the browser keeps the clipboard shut', async () => {
    clipboard(() => Promise.reject(new DOMException('no', 'NotAllowedError')))
    show(first)
    fireEvent.click(screen.getByRole('button', { name: 'Paste and go' }))
    await waitFor(() => expect(screen.getByRole('alert').textContent).toMatch(/Paste with the keyboard/))
  })
})

describe('the lists', () => {
  it('call back with one press, in the manner of the call', () => {
    show(online, recents)
    const rows = screen.getByRole('list', { name: 'Recents' })
    fireEvent.click(screen.getAllByRole('button', { name: 'Call Lin Qiao' })[0] ?? rows)
    expect(dial).toHaveBeenCalledExactlyOnceWith(recents[0]?.peer.id, 'video')
  })

  it('stay while the connection is gone', () => {
    show(offline, recents)
    expect(screen.getByRole('list', { name: 'Contacts' }).children).toHaveLength(3)
  })
})

it('arms the ringtone from the press on its switch', () => {
  show(first)
  fireEvent.click(screen.getByRole('switch', { name: 'Let this page ring' }))
  expect(arm).toHaveBeenCalledOnce()
  expect(setPreferences).toHaveBeenCalledWith({ ringtone: true })
})

function show(
  session: Parameters<typeof HomeView>[0]['session'],
  list = recents.slice(0, 0),
  remembered: typeof me | null = null,
): void {
  const actions: Actions = { ...quietActions, dial, navigate, setClaim, setPreferences, arm }
  render(
    <WithActions actions={actions}>
      <HomeView
        session={session}
        remembered={remembered}
        recents={list}
        preferences={preferences}
        origin={ORIGIN}
        now={NOW}
      />
    </WithActions>,
  )
}

function type(value: string): void {
  fireEvent.change(screen.getByRole('textbox', { name: 'Number, handle or link' }), { target: { value } })
}

function clipboard(readText: () => Promise<string>): void {
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { readText } })
}
