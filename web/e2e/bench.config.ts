import { defineConfig } from '@playwright/test'

// Benchmarks that need browsers; run by `make bench`, never with the tests.
export default defineConfig({ testDir: 'bench', workers: 1, retries: 0, reporter: [['line']] })
