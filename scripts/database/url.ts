import { Refusal } from '../errors.ts'

/** Where a URL leads, taken apart; what it leaves open is left to PGUSER and its like. */
export interface Address {
  /** Several are tried in turn; one that starts with a slash is the folder of a Unix socket. */
  hosts: { host: string; port: number }[]
  user?: string
  password?: string
  database?: string
  sslmode?: string
  targetSessionAttrs?: string
  connectTimeout?: number
  /** All other options: settings of the session, by lower-case name. */
  settings: Record<string, string>
}

/**
 * Takes a URL apart the way libpq does, `?host=/run/postgresql&user=me` included, which postgres.js would send to the
 * server as settings. Throws Refusal, without quoting any of it, where it is no URL of a PostgreSQL database.
 */
export function parseUrl(url: string): Address {
  // An @ after the host is a password with an unescaped / ? or #, half of which would be taken for a port.
  const shape = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@/?#]*))?(?:\?([^@#]*))?$/.exec(url.trim())
  if (!shape) throw malformed()
  try {
    const [credentials = '', authority = '', database = '', query = ''] = shape.slice(1)
    const [user = '', ...password] = credentials.split(':')
    const options = new Map([...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value]))
    const take = (name: string, preset = '') => {
      const value = options.get(name) || preset
      options.delete(name)
      return value || undefined
    }
    const port = take('port')
    const hosts = (take('host') ?? decodeURIComponent(authority)).split(',').map((host) => endpoint(host, port))
    const timeout = take('connect_timeout')
    const address = {
      hosts,
      user: take('user', decodeURIComponent(user)),
      password: take('password', decodeURIComponent(password.join(':'))),
      database: take('dbname', decodeURIComponent(database)),
      sslmode: take('sslmode') ?? take('ssl'),
      targetSessionAttrs: take('target_session_attrs'),
      connectTimeout: timeout === undefined ? undefined : number(timeout, 3600),
    }
    const given = Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined))
    return { ...given, hosts, settings: Object.fromEntries(options) }
  } catch {
    throw malformed() // without a cause, which could quote the URL
  }
}

/** The inverse of `parseUrl`: the URL of an address, password included. */
export function formatUrl({ hosts, user, password, database, ...rest }: Address): string {
  const socket = hosts.find(({ host }) => host.startsWith('/'))
  const authority = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
  const options = new URLSearchParams({
    ...(socket ? { host: socket.host, port: String(socket.port) } : {}),
    ...(rest.sslmode ? { sslmode: rest.sslmode } : {}),
    ...(rest.targetSessionAttrs ? { target_session_attrs: rest.targetSessionAttrs } : {}),
    ...(rest.connectTimeout ? { connect_timeout: String(rest.connectTimeout) } : {}),
    ...rest.settings,
  })
  const credentials = [user ?? '', ...(password ? [password] : [])].map(encodeURIComponent).join(':')
  // libpq and postgres.js both take + in a value for itself
  const query = options.toString().replaceAll('+', '%20')
  return `postgres://${credentials ? `${credentials}@` : ''}${socket ? '' : authority}/${encodeURIComponent(database ?? '')}${query ? `?${query}` : ''}`
}

function endpoint(text: string, port: string | undefined): { host: string; port: number } {
  const [, host = '', own] = /^(\[[0-9a-f:.]+\]|\/.*|[^:/\s]*)(?::(\d+))?$/i.exec(text) ?? [undefined, ' ']
  if (host === ' ') throw malformed()
  return {
    host: host.replace(/^\[|\]$/g, '') || process.env.PGHOST || 'localhost',
    port: number(own ?? port ?? process.env.PGPORT ?? '5432', 65_535),
  }
}

function number(text: string, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > most) throw malformed()
  return value
}

function malformed(): Refusal {
  return new Refusal(
    'DATABASE_URL is not a PostgreSQL URL',
    { form: 'postgres://user:password@host:5432/database' },
    'correct it; a password has @ : / ? # % as %40 %3A %2F %3F %23 %25',
  )
}
