import type { DeviceInfo } from 'magpie-client/devices'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangePreferences, Preferences } from '../../model/preferences'
import { Select } from '../../ui'
import { useDevices } from '../hooks/useDevices'
import type { LocalMedia } from '../media/local'

interface DevicesPanelProps {
  local: LocalMedia
  prefs: Preferences
  onPrefs: ChangePreferences
}

/** Camera, microphone and loudspeaker, changed in the middle of the call and remembered for the next. */
export function DevicesPanel({ local, prefs, onPrefs }: DevicesPanelProps) {
  const { t } = useTranslation('call')
  const inUse = useInUse(local)
  const devices = useDevices(`${inUse.camera}${inUse.microphone}`)
  return (
    <>
      <DeviceSelect
        label={t('devices.camera')}
        devices={devices.cameras}
        value={inUse.camera ?? prefs.camera}
        onChoose={(id) => {
          onPrefs({ camera: id })
          local.useCamera(id)
        }}
      />
      <DeviceSelect
        label={t('devices.microphone')}
        devices={devices.microphones}
        value={inUse.microphone ?? prefs.microphone}
        onChoose={(id) => {
          onPrefs({ microphone: id })
          local.useMicrophone(id)
        }}
      />
      {'setSinkId' in HTMLMediaElement.prototype && (
        <DeviceSelect
          label={t('devices.speaker')}
          devices={devices.speakers}
          value={prefs.speaker}
          onChoose={(id) => onPrefs({ speaker: id })}
        />
      )}
    </>
  )
}

interface DeviceSelectProps {
  label: string
  devices: readonly DeviceInfo[]
  value: string | null
  onChoose: (id: string) => void
}

/** One kind of device, by name; a device the browser does not name gets a number. */
export function DeviceSelect({ label, devices, value, onChoose }: DeviceSelectProps) {
  const { t } = useTranslation('call')
  const options = devices.map(({ id, label: name }, index) => ({ value: id, label: name || `${label} ${index + 1}` }))
  if (options.length === 0)
    return (
      <Select
        label={label}
        value=""
        options={[{ value: '', label: t('devices.none') }]}
        onChange={() => undefined}
        disabled
      />
    )
  const known = options.some((option) => option.value === value)
  const all = known ? options : [{ value: '', label: t('devices.default') }, ...options]
  return (
    <Select
      label={label}
      value={known && value !== null ? value : ''}
      options={all}
      onChange={(id) => id !== '' && onChoose(id)}
    />
  )
}

function useInUse(local: LocalMedia) {
  const [inUse, setInUse] = useState(local.inUse)
  useEffect(() => local.onChange(() => setInUse(local.inUse)), [local])
  return inUse
}
