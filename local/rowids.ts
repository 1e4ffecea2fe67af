import { closeSync, openSync, readSync } from 'node:fs'
import { pageSize } from './wal.ts'

/** The first byte of a page that holds rows, https://sqlite.org/fileformat2.html#b_tree_pages */
const tableLeaf = 0x0d
const headerOfLeaf = 8

/**
 * The rowids in every page that looks as if it held rows, of whatever table: a damaged tree doesn't tell which there are.
 * Some are of rows that were deleted long ago.
 */
export function rowidsInPages(path: string): Set<number> {
  const found = new Set<number>()
  const file = openSync(path, 'r')
  const page = Buffer.alloc(pageSize)
  try {
    for (let at = 0; readSync(file, page, 0, pageSize, at) === pageSize; at += pageSize) {
      if (page[0] === tableLeaf) for (const id of rowidsOf(page)) found.add(id)
    }
  } finally {
    closeSync(file)
  }
  return found
}

function* rowidsOf(page: Buffer): Generator<number> {
  const cells = Math.min(page.readUInt16BE(3), (pageSize - headerOfLeaf) / 2)
  for (let cell = 0; cell < cells; cell += 1) {
    const start = page.readUInt16BE(headerOfLeaf + 2 * cell)
    const { next } = varint(page, start)
    const { value } = varint(page, next)
    if (Number.isSafeInteger(value)) yield value
  }
}

/** A number of up to nine bytes: seven bits of each, all eight of the last. */
function varint(page: Buffer, start: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 8; index += 1) {
    const byte = page[start + index] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, next: start + index + 1 }
  }
  return { value: value * 256 + (page[start + 8] ?? 0), next: start + 9 }
}
