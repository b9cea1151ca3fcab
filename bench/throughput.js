// One seeder, one leecher, loopback, files in memory: ours beside libtorrent's default and its own preset for speed.
// Rounds are interleaved, so that a slow minute of the machine meets all of them; the median counts.

import path from 'node:path'
import {
  bytesPerMiB,
  finish,
  freePort,
  freshOut,
  jsonObject,
  libtorrentPeer,
  makePayload,
  mebibytes,
  median,
  start,
  startMillrace,
  stop,
  waitForPort,
} from './support.js'

const pieceLength = bytesPerMiB

export async function throughput(bench) {
  const payload = await makePayload(bench, (bench.quick ? 200 : 2048) * bytesPerMiB, pieceLength)
  const libtorrent = libtorrentPeer()
  const racers = [['millrace', () => ours(bench, payload)]]
  if (libtorrent === undefined) console.log('  libtorrent not found: apt-get install python3-libtorrent')
  else {
    racers.push(['libtorrent', () => theirs(bench, payload, libtorrent, [])])
    racers.push(['libtorrent-fast', () => theirs(bench, payload, libtorrent, ['--fast'])])
  }
  const rounds = Object.fromEntries(racers.map(([name]) => [name, []]))
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [name, race] of racers) {
      const figures = await race()
      rounds[name].push(figures)
      console.log(
        `  ${name.padEnd(16)} ${mebibytes(figures.bytesPerSecond)}, leecher ${figures.cpuSeconds.toFixed(1)} s of CPU`,
      )
    }
  }
  return summary(payload, libtorrent, rounds)
}

function summary(payload, libtorrent, rounds) {
  const medians = Object.fromEntries(
    Object.entries(rounds).map(([name, figures]) => [name, median(figures.map((it) => it.bytesPerSecond))]),
  )
  const ratios = {}
  for (const [name, rate] of Object.entries(medians)) {
    if (name !== 'millrace') ratios[name] = Number((medians.millrace / rate).toFixed(3))
    console.log(`  median ${name}: ${mebibytes(rate)}${name === 'millrace' ? '' : `, ours is ${ratios[name]} of it`}`)
  }
  const promises =
    libtorrent === undefined ? {} : { 'at least as fast as libtorrent by default': (ratios.libtorrent ?? 0) >= 1 }
  return { bytes: payload.bytes, pieceLength, libtorrent: libtorrent?.version, medians, ratios, rounds, promises }
}

async function ours(bench, payload) {
  const port = await freePort()
  const seeding = ['seed', payload.content, '--torrent', payload.torrent, '--port', String(port), '--json']
  const seeder = startMillrace(bench, 'seeder', seeding)
  await waitForPort(seeder, port)
  const getting = ['get', payload.torrent, '--out', freshOut(bench), '--peer', `127.0.0.1:${port}`]
  const own = ['--port', String(await freePort()), '--json']
  const report = jsonObject(await finish(startMillrace(bench, 'leecher', [...getting, ...own])))
  await stop(seeder, 'SIGINT')
  return pick(report)
}

async function theirs(bench, payload, libtorrent, preset) {
  const port = await freePort()
  const common = (role, folder, at) => [
    libtorrent.script,
    role,
    '--torrent',
    payload.torrent,
    '--path',
    folder,
    '--port',
    at,
  ]
  const seeding = [...common('seed', path.dirname(payload.content), String(port)), ...preset]
  const seeder = start(bench, libtorrent.command, seeding)
  await waitForPort(seeder, port)
  const getting = common('leech', freshOut(bench), String(await freePort()))
  const args = [...getting, '--peer', `127.0.0.1:${port}`, ...preset]
  const report = jsonObject(await finish(start(bench, libtorrent.command, args)))
  await stop(seeder, 'SIGTERM')
  return pick(report)
}

function pick({ bytes, seconds, bytesPerSecond, cpuSeconds, rssKiB }) {
  return { bytes, seconds, bytesPerSecond, cpuSeconds, rssKiB }
}
