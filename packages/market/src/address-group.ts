/** Which peers share one free share: a person with one line and many ports is one group (/24, /56); on loopback a peer is its own. */

/**
 * The free class's group of a peer at a literal address.
 *
 * @example
 * addressGroupOf('192.0.2.7', 3) // '192.0.2.0/24'
 * addressGroupOf('127.0.0.1', 3) // 'loopback#3'
 */
export function addressGroupOf(host: string, peer: number): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)
  const address = mapped?.[1] ?? host
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(address)
  if (octets !== null) {
    const [, first, second, third] = octets
    return first === '127' ? `loopback#${peer}` : `${first}.${second}.${third}.0/24`
  }
  if (address === '::1' || address === 'localhost') return `loopback#${peer}`
  if (!address.includes(':')) return `host ${address}`
  return `${prefix56(address)}::/56`
}

/** The first 56 bits of an IPv6 address as text; a zone index is left out. */
function prefix56(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const words = [...front, ...Array<string>(missing).fill('0'), ...back].slice(0, 4)
  const numbers = words.map((word) => Number.parseInt(word, 16) || 0)
  return numbers.map((word, index) => (index === 3 ? word & 0xff00 : word).toString(16)).join(':')
}
