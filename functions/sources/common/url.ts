/** Whether a URL is https, or http to this machine. */
export function isSafe(url: string): boolean {
  return url.startsWith('https:') || isLoopback(new URL(url).hostname)
}

/** Whether a URL is just a host and a path, to which another path can be added. */
export function isPlain(url: string): boolean {
  const { username, password, search, hash } = new URL(url)
  return [username, password, search, hash].every((part) => part === '')
}

/** Whether a host name is this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
