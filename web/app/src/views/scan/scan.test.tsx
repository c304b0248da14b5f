import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { Acquired, MediaWish } from 'magpie-client/devices'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { startI18n } from '../../i18n'
import { ScanDialog } from './ScanDialog'

const browser = vi.hoisted(() => ({ acquire: vi.fn<(wish: MediaWish) => Promise<Acquired>>() }))
vi.mock('magpie-client/devices', () => ({ acquire: browser.acquire }))

beforeAll(() => startI18n('en'))
afterEach(cleanup)

it('asks for the camera again when the person has allowed it', async () => {
  browser.acquire.mockResolvedValueOnce({ ok: false, video: 'denied' })
  render(<ScanDialog onClose={() => undefined} onAddress={() => null} />)
  await screen.findByText(/The camera is not allowed/)
  browser.acquire.mockResolvedValueOnce({ ok: false, video: 'not-found' })
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await screen.findByText(/No camera was found/)
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
})
