/** What the system's own call controls (a picture-in-picture window, a headset, a lock screen) do to the call. */
export interface SystemControls {
  hangUp: () => void
  toggleMicrophone: () => void
  toggleCamera: () => void
}

// the library knows these two only as members it does not have yet in every browser
type Action = MediaSessionAction | 'hangup' | 'togglemicrophone' | 'togglecamera'

/** Offers the controls to the system while a call lasts; returns the way to take them back. */
export function offerControls(title: string, controls: SystemControls): () => void {
  if (!('mediaSession' in navigator)) return () => undefined
  navigator.mediaSession.metadata = typeof MediaMetadata === 'undefined' ? null : new MediaMetadata({ title })
  handle('hangup', controls.hangUp)
  handle('togglemicrophone', controls.toggleMicrophone)
  handle('togglecamera', controls.toggleCamera)
  return () => {
    for (const action of ['hangup', 'togglemicrophone', 'togglecamera'] as const) handle(action, null)
    navigator.mediaSession.metadata = null
  }
}

/** Tells the system whether microphone and camera are live, for its indicators. */
export function showActive(microphone: boolean, camera: boolean): void {
  if (!('mediaSession' in navigator)) return
  const session = navigator.mediaSession
  if ('setMicrophoneActive' in session) void session.setMicrophoneActive(microphone)
  if ('setCameraActive' in session) void session.setCameraActive(camera)
}

function handle(action: Action, handler: (() => void) | null): void {
  try {
    navigator.mediaSession.setActionHandler(action as MediaSessionAction, handler)
  } catch {
    // an action this browser does not know
  }
}
