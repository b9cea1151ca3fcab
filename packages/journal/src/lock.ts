/** One folder, one process: two nodes with one key would sign the same sums twice. */

import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { errnoOf, MillraceError } from '@millrace/base'
import { JournalError } from './errors.ts'

const fileName = 'lock'

/** Takes the lock or throws `locked`. A lock whose process is gone is taken over. Returns how to give it back. */
export function takeLock(folder: string): () => void {
  const file = path.join(folder, fileName)
  for (let attempt = 0; attempt < 2; attempt++) {
    if (tryCreate(file)) return () => rmSync(file, { force: true })
    const holder = readHolder(file)
    if (holder !== undefined && isAlive(holder)) {
      throw new JournalError(
        'locked',
        `the books in ${folder} are in use by process ${holder.pid}: one key is one node. Stop it, or use another key and folder`,
      )
    }
    rmSync(file, { force: true })
  }
  throw new JournalError('locked', `the lock ${file} is being taken by somebody else: try again`)
}

interface Holder {
  readonly pid: number
  /** When the process started, as the system tells it: process ids are used again. */
  readonly started: string
}

function tryCreate(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx')
    writeSync(descriptor, `${process.pid} ${startOf(process.pid)}\n`)
    closeSync(descriptor)
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false
    if (cause instanceof MillraceError) throw cause
    throw new JournalError('write-failed', `cannot write the lock ${file}: check the folder and its permissions`, {
      cause,
    })
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid = '', started = ''] = readFileSync(file, 'utf8').trim().split(' ')
    return /^\d+$/.test(pid) ? { pid: Number(pid), started } : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (errnoOf(cause) === 'ESRCH') return false
  }
  return started === '' || startOf(pid) === started
}

/** Clock ticks from boot to the start of a process (field 22 of Linux's stat); empty where there is no such file. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
