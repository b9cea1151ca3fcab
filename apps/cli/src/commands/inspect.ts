/** `millrace inspect FILE...`: what .torrent files say. */

import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { messageOf } from '@millrace/base'
import { type InspectJson, parseTorrent, toInspectJson } from '@millrace/metainfo'
import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { formatBytes, note, type OutputFlags, printJson, printLine } from '../output.ts'

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what .torrent files say')
    .description('Show what .torrent files say. Without --json it exits 10 when one of them is refused.')
    .argument('<file...>', '.torrent files')
    .option('--json', 'print one JSON object: {"torrents": {NAME: {...}}}')
    .action(run)
}

async function run(files: readonly string[], flags: OutputFlags): Promise<void> {
  const torrents: Record<string, InspectJson> = {}
  for (const file of files) {
    const bytes = await readFile(file).catch((error: unknown) => {
      note(`cannot read ${file}: ${messageOf(error)}`)
      process.exitCode = exitCodes.notFound
      return undefined
    })
    if (bytes === undefined) continue
    const inspected = toInspectJson(parseTorrent(bytes))
    torrents[basename(file)] = inspected
    // As JSON a refusal is an answer like any other.
    if (!inspected.accepted && flags.json !== true) process.exitCode ??= exitCodes.badTorrent
  }
  if (flags.json === true) return printJson({ torrents })
  for (const [name, torrent] of Object.entries(torrents)) printTorrent(name, torrent)
}

function printTorrent(name: string, torrent: InspectJson): void {
  if (!torrent.accepted) return printLine(`${name}: refused: ${torrent.reason}`)
  printLine(`${name}: ${torrent.name}`)
  printLine(`  info-hash  ${torrent.infoHashV1}`)
  printLine(
    `  size       ${formatBytes(torrent.totalSize)} in ${torrent.pieces} pieces of ${formatBytes(torrent.pieceLength)}`,
  )
  if (torrent.private) printLine('  private    peers only from its trackers')
  for (const tracker of torrent.trackers) printLine(`  tracker    ${tracker}`)
  for (const seed of torrent.webSeeds) printLine(`  web seed   ${seed}`)
  for (const file of torrent.files) {
    printLine(`  file       ${file.path}  ${formatBytes(file.size)}${file.pad ? '  (padding)' : ''}`)
  }
}
