// A process of its own, which the work of the steps does not keep from looking at the clock.
import { once } from 'node:events'
import { chosenSystem } from '../commands/session.ts'
import { sampleLocks } from './locks.ts'
import { type Probe, reader, writer } from './probes.ts'

process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches it too: it goes when the one who asked for it does
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

const [{ url, application }] = (await once(process, 'message')) as [{ url: string; application: string }]
const system = await chosenSystem()
const reading = await reader(url, system)
const writing = await writer(url, system)
const sampler = await sampleLocks(url, application, [reading.pid, writing.pid])
const fared = async (probe: Probe) => ({ ...(await probe.end()), lock: sampler.waited(probe.pid) })

process.on('message', async (order: 'begin' | 'end') => {
  if (order === 'begin') {
    for (const each of [sampler, reading, writing]) each.begin()
    process.send?.('begun')
    return
  }
  const locks = sampler.end()
  process.send?.({ locks, reader: await fared(reading), writer: await fared(writing) })
})
process.send?.('ready')
