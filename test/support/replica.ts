import postgres from 'postgres'

/** What the server takes for a standby: it is sent the write-ahead log, and told how much of it was replayed. */
export interface Replica {
  /** From now on everything is replayed as soon as it comes. */
  catchUp(): void
  end(): Promise<void>
}

/** The server's epoch, 2000-01-01, in milliseconds. */
const epoch = Date.UTC(2000, 0, 1)

/** Connects as a standby that has replayed nothing of what is written from now on (streaming replication protocol). */
export async function laggingReplica(url: string): Promise<Replica> {
  const sql = postgres(url, { max: 1, fetch_types: false, connection: { replication: 'database' } as never })
  const [system] = await sql.unsafe('IDENTIFY_SYSTEM').simple()
  const from: string = system?.xlogpos
  const [high = '0', low = '0'] = from.split('/')
  const replayed = (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
  const stream = await sql.unsafe(`START_REPLICATION PHYSICAL ${from}`).writable()
  let catching = false
  let received = replayed
  const tell = () => {
    const message = Buffer.alloc(34)
    message.write('r')
    for (const at of [1, 9, 17]) message.writeBigUInt64BE(catching ? received : replayed, at)
    message.writeBigInt64BE(BigInt(Date.now() - epoch) * 1000n, 25)
    stream.write(message)
  }
  stream.on('data', (chunk: Buffer) => {
    // log data say where they begin, a keepalive where the log ends
    const at = chunk.readBigUInt64BE(1)
    received = chunk.toString('latin1', 0, 1) === 'w' ? at + BigInt(chunk.length - 25) : at
    tell()
  })
  stream.on('error', () => {})
  tell()
  return {
    catchUp() {
      catching = true
      tell()
    },
    end: () => sql.end({ timeout: 0 }),
  }
}
