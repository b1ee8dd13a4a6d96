import { parse } from 'bowser'

/** Names the browser and the system of a `User-Agent` header, such as `Firefox 145 on Windows`. */
export function deviceName(userAgent: string): string {
  if (userAgent === '') return 'Unknown browser'
  const { browser, os } = parse(userAgent)
  const [major = ''] = (browser.version ?? '').split('.')
  const name = [browser.name || 'Unknown browser', major].filter((part) => part !== '').join(' ')
  return os.name ? `${name} on ${os.name}` : name
}
