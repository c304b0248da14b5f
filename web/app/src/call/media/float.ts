/** Whether this browser can float a video above other windows. */
export function canFloat(): boolean {
  return 'pictureInPictureEnabled' in document && document.pictureInPictureEnabled
}

/**
 * Floats the video, or brings it back. To be called from a click.
 *
 * @returns false when the browser refused
 */
export async function toggleFloat(video: HTMLVideoElement): Promise<boolean> {
  try {
    if (document.pictureInPictureElement === video) await document.exitPictureInPicture()
    else await video.requestPictureInPicture()
    return true
  } catch {
    return false
  }
}

/** Brings a floating video back when its call is over. */
export function endFloat(): void {
  if ('pictureInPictureElement' in document && document.pictureInPictureElement)
    void document.exitPictureInPicture().catch(() => undefined)
}
