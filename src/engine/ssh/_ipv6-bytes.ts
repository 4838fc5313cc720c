/** The sixteen bytes of an IPv6 address (RFC 4291 §2.2), without its zone. */
export function ipv6Bytes(address: string): readonly number[] {
  const [bare = ''] = address.split('%')
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare)
  const plain =
    dotted === null
      ? bare
      : bare.slice(0, dotted.index) + [word(dotted[1], dotted[2]), word(dotted[3], dotted[4])].join(':')
  const [left = '', right] = plain.split('::')
  const head = words(left)
  const tail = right === undefined ? [] : words(right)
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0)
  return [...head, ...zeros, ...tail].flatMap((each) => [each >> 8, each & 0xff])
}

// --- internal ---

function word(high = '0', low = '0'): string {
  return ((Number(high) << 8) | Number(low)).toString(16)
}

function words(text: string): number[] {
  return text === '' ? [] : text.split(':').map((each) => Number.parseInt(each, 16))
}
