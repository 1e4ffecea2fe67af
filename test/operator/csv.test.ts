import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCsv, writeCsv } from '../../operator/links/csv.ts'
import { linkFile, linksIn } from '../../operator/links/file.ts'

/** What makes CSV difficult, and formulas, among everything else. */
const field = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', '=', '\uFEFF', 'ü', 'a') }),
  fc.constantFrom('=1+1', '-2', '@sum', "'", '""', '\r\n'),
)

const fields = (text: string) => readCsv(text).map((record) => ('fields' in record ? record.fields : record.why))

describe('CSV', () => {
  it('comes back exactly as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field)), (rows) => {
        expect(fields(writeCsv(rows))).toEqual(rows)
      }),
    )
  })

  it('quotes only what needs it', () => {
    expect(writeCsv([['a b', 'c,d', 'e"f', 'g\nh', '=1', '']])).toBe('a b,"c,d","e""f","g\nh",=1,\r\n')
  })

  it.each([
    [
      'lines that end with CRLF, with LF and not at all',
      'a,b\r\nc,d\ne,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    [
      'empty fields, and blanks as they are',
      ',\n a ,""\n',
      [
        ['', ''],
        [' a ', ''],
      ],
    ],
    [
      'commas, quotes and line breaks in quotes',
      '"a,b","c""d"\n"e\r\nf",g\n',
      [
        ['a,b', 'c"d'],
        ['e\r\nf', 'g'],
      ],
    ],
    ['nothing in empty lines', 'a\n\n\r\nb\n', [['a'], ['b']]],
    ['nothing in an empty file', '', []],
  ])('has %s', (_, text, expected) => {
    expect(fields(text)).toEqual(expected)
  })

  it('names the line where something is wrong, and goes on with the next one', () => {
    expect(readCsv('a,b\n"c\nd",e\nf"g,h\n"i"j,k\nl\rm\nn,o\n"p,q\n')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['c\nd', 'e'] },
      { line: 4, why: 'a quote or a line break in a field without quotes' },
      { line: 5, why: 'text behind a closing quote' },
      { line: 6, why: 'a quote or a line break in a field without quotes' },
      { line: 7, fields: ['n', 'o'] },
      { line: 8, why: 'a quote that is never closed' },
    ])
  })

  it('is read in a time that grows with its size alone', () => {
    const text = `${'"""'.repeat(100_000)}\n${'a'.repeat(1_000_000)},"${'b""'.repeat(300_000)}"\n`
    expect(readCsv(text)).toHaveLength(2)
  })
})

describe('a file of links', () => {
  const sources = new Map([['generic', {}]])
  const header = 'source,object,message\n'
  const read = (text: string) => linksIn(Buffer.from(text), sources)

  it('comes back as it was written, each link once', () => {
    const links = fc.uniqueArray(
      fc.record({
        source: fc.constant('generic'),
        object: fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }),
          field.filter((text) => text.length > 0 && text.length <= 256),
        ),
        messageId: fc.stringMatching(/^[1-9a-z_-][A-Za-z0-9_-]{0,63}$/),
      }),
      { selector: ({ object }) => object },
    )
    fc.assert(
      fc.property(links, (links) => {
        const { links: found, problems } = read(linkFile([...links, ...links]))
        expect(problems).toEqual([])
        expect(found.map(({ line: _, ...link }) => link)).toEqual(links)
      }),
    )
  })

  it('may begin with a byte order mark, and writes chat messages as it likes', () => {
    expect(read(`\uFEFF${header}generic,a,042\r\n`).links).toEqual([
      { line: 2, source: 'generic', object: 'a', messageId: '42' },
    ])
  })

  it('is told everything that is wrong with it, line by line', () => {
    const { problems } = read(
      `${header}generic,a,42\ngeneric,a\nshop,a,42\n\ngeneric,,42\ngeneric,${'x'.repeat(257)},42\ngeneric,a,4 2\ngeneric,"a,42\n`,
    )
    expect(problems).toEqual([
      { line: 3, why: 'expected 3 fields, and not 2' },
      { line: 4, why: 'there is no source shop: generic' },
      { line: 6, why: 'an object has 1 to 256 characters' },
      { line: 7, why: 'an object has 1 to 256 characters' },
      { line: 8, why: 'chat message 4 2: expected 1 to 64 letters, digits, _ or -' },
      { line: 9, why: 'a quote that is never closed' },
    ])
  })

  it('needs its header, and UTF-8', () => {
    const why = 'expected the header source,object,message'
    for (const text of ['', 'generic,a,42\n', 'source;object;message\n', '"source,object",message\n', '"source'])
      expect(read(text).problems).toEqual([{ line: 1, why }])
    expect(linksIn(Buffer.from(`${header}generic,M\xFCller,42\n`, 'latin1'), sources).problems).toEqual([
      { line: 1, why: 'the file is not UTF-8' },
    ])
  })

  it('links an object to 20 chat messages at most', () => {
    const lines = Array.from({ length: 21 }, (_, index) => `generic,a,${index}\n`)
    expect(read(`${header}${lines.slice(0, 20).join('')}generic,a,0\n`).problems).toEqual([])
    expect(read(`${header}${lines.join('')}`).problems).toEqual([
      { line: 22, why: 'an object can have 20 links at most' },
    ])
  })
})
