import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes'
import css from './Menu.module.css'

export interface MenuItem {
  label: string
  icon?: ReactNode
  onSelect: () => void
  danger?: boolean
  disabled?: boolean
  /** Given for an item that is on or off. */
  checked?: boolean
}

export interface MenuProps {
  /** The button that opens the menu; it must take a ref and props. */
  trigger: ReactNode
  items: MenuItem[]
  side?: 'top' | 'bottom'
  align?: 'start' | 'center' | 'end'
}

/** A menu below (or above) its button. Not modal, so that nothing injects a style element to lock scrolling. */
export function Menu({ trigger, items, side = 'bottom', align = 'end' }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={css.menu} side={side} align={align} sideOffset={8} collisionPadding={8}>
          {items.map((item) => (
            <Item key={item.label} {...item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ label, icon, onSelect, danger, disabled, checked }: MenuItem) {
  const shared = { className: classes(css.item, danger && css.danger), onSelect, disabled: disabled ?? false }
  const content = (
    <>
      <span className={css.icon}>{icon}</span>
      <span>{label}</span>
    </>
  )
  if (checked === undefined) return <DropdownMenu.Item {...shared}>{content}</DropdownMenu.Item>
  return (
    <DropdownMenu.CheckboxItem {...shared} checked={checked}>
      {content}
      <DropdownMenu.ItemIndicator className={css.check}>✓</DropdownMenu.ItemIndicator>
    </DropdownMenu.CheckboxItem>
  )
}
