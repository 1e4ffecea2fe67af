/**
 * SQLite's write-ahead log, https://sqlite.org/fileformat2.html#walformat, read without SQLite: it takes the first frame
 * that doesn't hold for the log's end, and forgets every commit after it without a word.
 */

/** The size that SQLite gives pages, unless asked; bytes. */
export const pageSize = 4096
const headerSize = 32
const frameHeaderSize = 24
const frameSize = frameHeaderSize + pageSize

/** A page as a commit wrote it. */
export type Frame = {
  page: number
  /** Pages of the whole database after this commit; 0 for all but the last frame of a commit. */
  pages: number
  data: Buffer
  /** Whether its checksum holds, given that of the frame before as it stands there. */
  isWhole: boolean
  /** Whether it belongs to what was written since the log last began anew. */
  isCurrent: boolean
}

/**
 * @returns every frame in the log, and how many from the first one on SQLite believes
 */
export function readWal(wal: Buffer): { frames: Frame[]; believed: number; isHeaderWhole: boolean } {
  const isBigEndian = wal.length >= 4 && wal.readUInt32BE(0) === 0x377f0683
  const sumOf = isBigEndian ? sumBigEndian : sumLittleEndian
  const header = sumOf(wal.subarray(0, headerSize - 8), [0, 0])
  const isHeaderWhole = wal.length >= headerSize && isSame(header, storedSum(wal, headerSize - 8))
  // Without a header, the first frame tells the salts.
  const salts = wal.subarray(isHeaderWhole ? 16 : headerSize + 8, isHeaderWhole ? 24 : headerSize + 16)

  const frames: Frame[] = []
  let before = storedSum(wal, headerSize - 8)
  for (let start = headerSize; start + frameSize <= wal.length; start += frameSize) {
    const data = wal.subarray(start + frameHeaderSize, start + frameSize)
    const sum = sumOf(data, sumOf(wal.subarray(start, start + 8), before))
    before = storedSum(wal, start + 16)
    const isCurrent = wal.subarray(start + 8, start + 16).equals(salts)
    frames.push({
      page: wal.readUInt32BE(start),
      pages: wal.readUInt32BE(start + 4),
      data,
      isCurrent,
      isWhole: isCurrent && isSame(sum, before),
    })
  }
  const broken = frames.findIndex(({ isWhole }) => !isWhole)
  const believed = !isHeaderWhole ? 0 : broken < 0 ? frames.length : broken
  return { frames, believed, isHeaderWhole }
}

/**
 * Whether commits that had reached the disk stand behind something that SQLite would take for the log's end. A power cut can
 * leave one commit half written, the last; whatever comes after that one's end was written once it was on the disk.
 */
export function isWalDamaged(wal: Buffer): boolean {
  const { frames, believed, isHeaderWhole } = readWal(wal)
  if (!isHeaderWhole) return wal.some((byte) => byte !== 0)
  const behind = frames.slice(believed)
  const end = behind.findIndex(({ isCurrent, pages }) => isCurrent && pages !== 0)
  return end >= 0 && behind.slice(end + 1).some(({ isWhole }) => isWhole)
}

type Sum = [number, number]

function storedSum(bytes: Buffer, at: number): Sum {
  return bytes.length < at + 8 ? [0, 0] : [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
}

function isSame(a: Sum, b: Sum): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

function sumLittleEndian(bytes: Buffer, [first, second]: Sum): Sum {
  let [a, b] = [first, second]
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + bytes.readUInt32LE(at) + b) >>> 0
    b = (b + bytes.readUInt32LE(at + 4) + a) >>> 0
  }
  return [a, b]
}

function sumBigEndian(bytes: Buffer, [first, second]: Sum): Sum {
  let [a, b] = [first, second]
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + bytes.readUInt32BE(at) + b) >>> 0
    b = (b + bytes.readUInt32BE(at + 4) + a) >>> 0
  }
  return [a, b]
}
