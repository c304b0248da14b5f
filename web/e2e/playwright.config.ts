import { defineConfig } from '@playwright/test'

// Each test starts servers and browsers of its own; timings are asserted, so tests run one after another.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: Number(process.env['MAGPIE_E2E_WORKERS'] ?? 1),
  forbidOnly: true,
  retries: 0,
  // For a machine several times slower than a quiet one; what is promised within a time is measured and printed.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: { actionTimeout: 20_000, navigationTimeout: 30_000 },
  reporter: [['list']],
})
