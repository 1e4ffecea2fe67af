/** The result of one check. `fix`: what to do about it. */
export type Check = { name: string; result: 'ok' | 'warning' | 'failed' | 'skipped'; detail: string; fix?: string }

export function ok(name: string, detail: string): Check {
  return { name, result: 'ok', detail }
}

export function failed(name: string, detail: string, fix: string): Check {
  return { name, result: 'failed', detail, fix }
}

export function warning(name: string, detail: string, fix: string): Check {
  return { name, result: 'warning', detail, fix }
}

export function skipped(name: string, detail: string): Check {
  return { name, result: 'skipped', detail }
}
