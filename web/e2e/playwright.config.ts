import { defineConfig } from '@playwright/test'

// Each test starts servers and browsers of its own; timings are asserted, so tests run one after another.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: Number(process.env['MAGPIE_E2E_WORKERS'] ?? 1),
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: { actionTimeout: 15_000, navigationTimeout: 20_000 },
  reporter: [['list']],
})
