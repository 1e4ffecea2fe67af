import { sqliteErrorMessage } from './storage/error-messages.ts'

/** What went wrong, in one line for a person, with what to do where that is known. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port, address, hostname, path } = error as NodeJS.ErrnoException & {
    port?: number
    address?: string
    hostname?: string
  }
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is taken: set PORT or ERP_PORT to another one (0 takes a free one)`
    case 'EADDRNOTAVAIL':
      return `${address ?? 'HOST'} is no address of this machine: set HOST to one`
    case 'ENOTFOUND':
      return `${hostname ?? 'a host'} can't be found: look at HOST, --region and the network`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return port === undefined
        ? `${path ?? 'DATA_DIR'} can't be read and written: give this user the right to, or set DATA_DIR to another folder`
        : `port ${port} needs more rights: set PORT to one above 1023`
    case 'ENOENT':
      return `${path ?? 'DATA_DIR'} can't be made or found: set DATA_DIR to another folder`
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path ?? 'DATA_DIR'} is no folder: set DATA_DIR to one`
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk that ${path ?? 'DATA_DIR'} is on is full: make room on it`
    case 'EFBIG':
      return `${path ?? 'a file'} may not grow any more: look at limits of file size (ulimit -f)`
    case 'EMFILE':
    case 'ENFILE':
      return 'there are too many open files: allow this user more (ulimit -n)'
    case 'EIO':
      return `the disk that ${path ?? 'DATA_DIR'} is on can't be read or written: look at it`
    case 'ERR_SQLITE_ERROR':
      return sqliteErrorMessage(error)
    default:
      return error.message
  }
}
