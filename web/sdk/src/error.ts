/**
 * The one error this library rejects with.
 *
 * `code` is a code of the native protocol (`unknown-person`, `handle-taken`, `rate`...) or one of ours:
 * `storage`, `insecure`, `unsupported`, `stopped`, `ended`, `connection`.
 */
export class MagpieError extends Error {
  override readonly name = 'MagpieError'

  /**
   * @param code stable, for programs
   * @param detail what happened and what to do, for developers; in English
   * @param retryAfter milliseconds after which the same command may pass, where the server said so
   */
  constructor(
    readonly code: string,
    readonly detail = '',
    readonly retryAfter: number | null = null,
  ) {
    super(detail === '' ? code : `${code}: ${detail}`)
  }
}
