import { useEffect, useState, type ReactNode } from 'react'
import { settle, worked } from '../../stores/call'
import { Section, SwitchSetting } from './setting'

/** What Warren takes from the person's ssh. */
export function SshSection(): ReactNode {
  const [on, setOn] = useState(true)
  useEffect(() => {
    let here = true
    void settle(window.api.daemon['config.listing']({})).then((result) => {
      if (here && result.ok) setOn(result.value.on)
    })
    return () => {
      here = false
    }
  }, [])
  return (
    <Section title="OpenSSH">
      <SwitchSetting
        label="List the hosts of ~/.ssh/config"
        hint="As servers, with their forward lines; they follow the file and start nothing by themselves"
        checked={on}
        onChange={(next) => {
          setOn(next)
          void worked(window.api.daemon['config.setListing']({ on: next })).then((done) => {
            if (!done) setOn(!next)
          })
        }}
      />
    </Section>
  )
}
