// icon.tsx - lucide's shapes, compiled in, as vnodes.
import { h } from 'preact'
import activity from 'icon:activity'
import arrowDown from 'icon:arrow-down'
import arrowLeft from 'icon:arrow-left'
import check from 'icon:check'
import alert from 'icon:circle-alert'
import clock from 'icon:clock'
import cloudOff from 'icon:cloud-off'
import copy from 'icon:copy'
import hash from 'icon:hash'
import key from 'icon:key-round'
import keyboard from 'icon:keyboard'
import login from 'icon:log-in'
import menu from 'icon:menu'
import network from 'icon:network'
import pencil from 'icon:pencil-line'
import plus from 'icon:plus'
import retry from 'icon:rotate-cw'
import search from 'icon:search'
import send from 'icon:send-horizontal'
import settings from 'icon:settings'
import smile from 'icon:smile-plus'
import terminal from 'icon:terminal'
import trash from 'icon:trash-2'
import userPlus from 'icon:user-plus'
import users from 'icon:users'
import close from 'icon:x'

const shapes = {
  activity,
  alert,
  arrowDown,
  arrowLeft,
  check,
  clock,
  close,
  cloudOff,
  copy,
  hash,
  key,
  keyboard,
  login,
  menu,
  network,
  pencil,
  plus,
  retry,
  search,
  send,
  settings,
  smile,
  terminal,
  trash,
  userPlus,
  users
}
export type IconName = keyof typeof shapes

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {shapes[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}

export function Mark({ size = 32 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <g fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round">
        <path d="M7 21c2.5-7 5-10.5 8-10.5 2.8 0 3.6 3 6 3 1.6 0 2.7-1.3 4-3.5" />
        <path d="M9.5 25c2-4.7 3.6-7 5.7-7 2.3 0 3 2.3 5.3 2.3 1.7 0 3-.9 4.5-2.8" opacity=".7" />
      </g>
    </svg>
  )
}
