import tseslint from 'typescript-eslint'
import shared from '../eslint.config.js'

export default tseslint.config({ ignores: ['test-results', 'artefacts'] }, ...shared)
