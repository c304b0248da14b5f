import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'
import shared from '../eslint.config.js'

export default tseslint.config(
  { ignores: ['dist', 'dist-gallery'] },
  ...shared,
  a11y.flatConfigs.strict,
  hooks.configs.flat['recommended-latest'],
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: {
      'no-console': 'error',
      // a style attribute is refused by the content security policy once it stands in markup; classes are ours
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='style']", message: 'Use a class: styles live in CSS files.' },
      ],
      'jsx-a11y/media-has-caption': 'off', // a call has no caption track
    },
  },
)
