export { armRingtone, ringtoneReady, wakeOnTouch, watchRingtone } from './alert/ringtone'
export { CallStage, type CallStageProps } from './CallStage'
export { startCall } from './start'
