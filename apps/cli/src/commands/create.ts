/** `millrace create PATH --out FILE`: a v1 torrent of a file or folder. */

import { createTorrentFile } from '@millrace/node'
import type { Command } from 'commander'
import { formatBytes, note, type OutputFlags, outputMode, printJson, printLine } from '../output.ts'
import { collectText, parseBytes } from '../parse-options.ts'
import { progressLine } from '../progress.ts'

interface CreateFlags extends OutputFlags {
  readonly out: string
  readonly pieceLength?: number
  readonly tracker: readonly string[]
  readonly private?: boolean
  readonly comment?: string
  readonly force?: boolean
}

export function addCreate(program: Command): void {
  program
    .command('create')
    .summary('make a .torrent file')
    .description('Hash a file or folder and write a .torrent file (v1).')
    .argument('<path>', 'file or folder')
    .requiredOption('-o, --out <file>', 'where the .torrent file goes')
    .option('--piece-length <bytes>', 'a power of two from 16K; chosen by size when absent', parseBytes)
    .option('-t, --tracker <url>', 'announce URL; each repetition is a tier', collectText, [])
    .option('--private', 'peers only from the trackers (BEP 27)')
    .option('--comment <text>', 'a comment in the file')
    .option('--force', 'replace an existing .torrent file')
    .option('--json', 'print one JSON object')
    .action(run)
}

async function run(path: string, flags: CreateFlags): Promise<void> {
  const progress = progressLine('hashing', outputMode(flags))
  const created = await createTorrentFile({
    path,
    out: flags.out,
    pieceLength: flags.pieceLength,
    trackers: flags.tracker.map((url) => [url]),
    isPrivate: flags.private,
    comment: flags.comment,
    overwrite: flags.force,
    onProgress: (done, total) => progress.update(done / total),
  })
  progress.end()
  for (const warning of created.warnings) note(`warning: ${warning}`)
  if (flags.json === true) return printJson(created)
  printLine(`${created.out}  ${created.infoHash}  ${created.pieces} pieces of ${formatBytes(created.pieceLength)}`)
}
