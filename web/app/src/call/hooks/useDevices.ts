import { watchDevices, type DeviceList } from 'magpie-client/devices'
import { useEffect, useState } from 'react'

const NONE: DeviceList = { microphones: [], cameras: [], speakers: [] }

/** The devices that can be chosen, kept right while they are plugged in and out. `version` asks again, as after a new permission. */
export function useDevices(version = ''): DeviceList {
  const [devices, setDevices] = useState(NONE)
  useEffect(() => watchDevices(setDevices), [version])
  return devices
}
