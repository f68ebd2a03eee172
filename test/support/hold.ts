// A process of its own that uses an embedded server, and ends in the way that its last argument names.
import { setInterval } from 'node:timers'
import { startEmbedded } from '../../scripts/database/embedded.ts'

const [kind = '', folder = '', end = ''] = process.argv.slice(2)
const server = await startEmbedded(kind === 'kept' ? { dataDir: folder } : { parent: folder })
process.stdout.write(`${server.url}\n`)

if (end === 'stop') await server.stop()
if (end === 'exit') process.exit(3)
if (end === 'throw') throw new Error('thrown on purpose')
if (end === 'wait') setInterval(() => {}, 1000)
