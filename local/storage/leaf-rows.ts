import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { pageSize } from './wal-check.ts'

/** The first byte of a page that holds rows, https://sqlite.org/fileformat2.html#b_tree_pages */
const tableLeaf = 0x0d
const headerOfLeaf = 8

/** A row as its page has it, without a tree to lead there. */
export type LeafRow = { id: number; values(): unknown[] }

/**
 * The rows in every page that looks as if it held some, of whatever table; a damaged tree doesn't tell which there are. A few
 * may have been deleted long ago. What `values` can't read it throws at.
 */
export function* leafRows(path: string): Generator<LeafRow> {
  const file = openSync(path, 'r')
  const pages = fstatSync(file).size / pageSize
  const read = (number: number) => {
    const page = Buffer.alloc(pageSize)
    if (number < 1 || number > pages) throw new RangeError('no such page')
    readSync(file, page, 0, pageSize, (number - 1) * pageSize)
    return page
  }
  try {
    for (let number = 1; number <= pages; number += 1) {
      const page = read(number)
      if (page[0] === tableLeaf) yield* rowsOf(page, read)
    }
  } finally {
    closeSync(file)
  }
}

function* rowsOf(page: Buffer, read: (page: number) => Buffer): Generator<LeafRow> {
  const cells = Math.min(page.readUInt16BE(3), (pageSize - headerOfLeaf) / 2)
  for (let cell = 0; cell < cells; cell += 1) {
    const length = varint(page, page.readUInt16BE(headerOfLeaf + 2 * cell))
    const id = varint(page, length.next)
    if (!Number.isSafeInteger(id.value)) continue
    yield { id: id.value, values: () => valuesOf(payload(page, id.next, length.value, read)) }
  }
}

/** A row's bytes: what fits stands in its page, the rest in a chain of others. */
function payload(page: Buffer, start: number, length: number, read: (page: number) => Buffer): Buffer {
  // https://sqlite.org/fileformat2.html#cell_payload
  const [most, least] = [pageSize - 35, Math.floor(((pageSize - 12) * 32) / 255) - 23]
  const spilt = least + ((length - least) % (pageSize - 4))
  const here = length <= most ? length : spilt <= most ? spilt : least
  const parts = [page.subarray(start, start + here)]
  let next = here < length ? page.readUInt32BE(start + here) : 0
  for (let missing = length - here; missing > 0; missing -= pageSize - 4) {
    const overflow = read(next)
    parts.push(overflow.subarray(4, 4 + missing))
    next = overflow.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

/** The columns of a record, https://sqlite.org/fileformat2.html#record_format; those that we have no use for are undefined. */
function valuesOf(record: Buffer): unknown[] {
  const header = varint(record, 0)
  const values: unknown[] = []
  let at = header.value
  for (let next = header.next; next < header.value; ) {
    const type = varint(record, next)
    next = type.next
    const size =
      type.value >= 12 ? Math.floor((type.value - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type.value] ?? 0)
    if (at + size > record.length) throw new RangeError('the row ends too early')
    values.push(column(type.value, record.subarray(at, at + size)))
    at += size
  }
  return values
}

function column(type: number, bytes: Buffer): unknown {
  if (type === 0) return null
  if (type === 8 || type === 9) return type - 8
  if (type === 6) return Number(bytes.readBigInt64BE())
  if (type < 6) return bytes.readIntBE(0, bytes.length)
  return type >= 13 && type % 2 === 1 ? bytes.toString() : undefined
}

/** A number of up to nine bytes: seven bits of each, all eight of the last. */
function varint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[start + index] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, next: start + index + 1 }
  }
  return { value: value * 256 + (bytes[start + 8] ?? 0), next: start + 9 }
}
