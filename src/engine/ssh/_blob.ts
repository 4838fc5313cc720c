/** Binary strings of SSH (RFC 4251 §5): reading and writing. */

/** Reads fields one after the other; a field that is not there makes everything after it `null` too. */
export class BlobReader {
  private at = 0
  private broken = false

  constructor(private readonly data: Buffer) {}

  /** Bytes that were read so far. */
  get offset(): number {
    return this.at
  }

  get ended(): boolean {
    return this.at >= this.data.length
  }

  /** `string`: a length and so many bytes. A view, not a copy. */
  string(): Buffer | null {
    const length = this.uint32()
    return length === null ? null : this.take(length)
  }

  /** A `string` of ASCII or UTF-8. */
  text(): string | null {
    return this.string()?.toString('utf8') ?? null
  }

  uint32(): number | null {
    return this.take(4)?.readUInt32BE(0) ?? null
  }

  uint64(): bigint | null {
    return this.take(8)?.readBigUInt64BE(0) ?? null
  }

  byte(): number | null {
    return this.take(1)?.[0] ?? null
  }

  /** The `string`s in what is left; `null` when the last one is cut off. */
  strings(): Buffer[] | null {
    const all: Buffer[] = []
    while (!this.broken && !this.ended) {
      const next = this.string()
      if (next === null) return null
      all.push(next)
    }
    return this.broken ? null : all
  }

  private take(length: number): Buffer | null {
    if (this.broken || length > this.data.length - this.at) {
      this.broken = true
      return null
    }
    this.at += length
    return this.data.subarray(this.at - length, this.at)
  }
}

/** Fields as `string`s, one after the other. */
export function packStrings(...fields: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const data = typeof field === 'string' ? Buffer.from(field, 'utf8') : field
      return [uint32(data.length), data]
    }),
  )
}

export function uint32(value: number): Buffer {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(value)
  return data
}

/** A positive number as `mpint`: no leading zeros, but one before a set high bit. */
export function mpint(value: Buffer): Buffer {
  let from = 0
  while (from < value.length && value[from] === 0) from += 1
  const digits = value.subarray(from)
  return ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.alloc(1), digits])
}
