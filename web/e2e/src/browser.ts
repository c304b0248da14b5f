// Debian's Chromium, fed from files, trusting our CA.
import { chromium, type Browser } from '@playwright/test'

const executablePath = process.env['MAGPIE_CHROMIUM'] ?? '/usr/bin/chromium'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
]

/**
 * Starts a browser.
 * @param home its home folder, where the trusted CA is
 * @param media files that stand for camera and microphone; without them Chromium's own test picture
 * @param further flags for this browser alone
 */
export async function launch(
  home: string,
  media?: { video: string; audio: string },
  further: readonly string[] = [],
): Promise<Browser> {
  const fed = media && [
    `--use-file-for-fake-video-capture=${media.video}`,
    `--use-file-for-fake-audio-capture=${media.audio}`,
  ]
  return await chromium.launch({
    executablePath,
    args: [...flags, ...(fed ?? []), ...further],
    env: { ...definedEnvironment(), HOME: home },
  })
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
