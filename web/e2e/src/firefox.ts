// Firefox, driven over WebDriver BiDi, which Playwright does not speak to it.
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import puppeteer, { type Browser } from 'puppeteer-core'
import { trustIn } from './trust.ts'

const executablePath = process.env['MAGPIE_FIREFOX'] ?? '/usr/bin/firefox-esr'

/**
 * Starts Firefox with its own test picture for a camera.
 * @param folder where the CA it is to trust lies, and where its profile goes
 */
export async function firefox(folder: string): Promise<Browser> {
  const profile = await mkdtemp(join(folder, 'firefox-'))
  await trustIn(profile, join(folder, 'ca.pem'))
  return await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    userDataDir: profile,
    env: { ...process.env, HOME: profile },
    extraPrefsFirefox: {
      'intl.accept_languages': 'en-US',
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
    },
  })
}
