/** Opening the storage of a torrent: look, check, and only then write. */

import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { assert, bytesPerMiB, type Clock, type Logger, messageOf, silentLogger } from '@millrace/base'
import { bitfieldOf, setBit } from './bitfield.ts'
import { checkPieces, everyPiece, type Progress } from './check.ts'
import { cacheBytesDefault, extentBytesDefault } from './extent-cache.ts'
import { HashPool } from './hash-pool.ts'
import { ResumeKeeper } from './keeper.ts'
import { type Layout, layoutOf, refuseInside, type StoredInfo } from './layout.ts'
import { planCheck, refuseLarger, refuseToOverwrite, requireWhole } from './plan-check.ts'
import { type Allocation, checkSpace, createFiles, fillFiles } from './prepare.ts'
import { type LoadedResume, ResumeFile } from './resume-file.ts'
import { memoryBytesDefault, Slab } from './slab.ts'
import { Storage, type StorageEvents } from './storage.ts'
import { type FoundFile, realFolder, surveyFiles } from './survey.ts'

/** The loop needs a core of its own, and the rest of the machine one. */
const hashWorkersDefault = (): number => (availableParallelism() >= 4 ? 2 : 1)
const openFilesMaxDefault = 128
const saveIntervalSecondsDefault = 30
const saveBytesDefault = 2048 * bytesPerMiB
const resumeFolderName = '.millrace'

export interface StorageOptions {
  readonly info: StoredInfo
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** Where the torrent's name appears. Created when absent. */
  readonly folder: string
  /** `seed` only: the file or folder itself, whatever its name; `folder` then only holds resume data. */
  readonly contentPath?: string | undefined
  /** Where resume data goes; `folder/.millrace` when absent. A seed keeps none unless this or `trust` is given. */
  readonly resumeFolder?: string | undefined
  /** `seed`: the files exist and are only read. */
  readonly mode: 'leech' | 'seed'
  readonly allocation?: Allocation | undefined
  /** Existing files that hold nothing of this torrent may be replaced. */
  readonly overwrite?: boolean | undefined
  /** `seed` only: no check when resume data vouches for sizes and times of all files. */
  readonly trust?: boolean | undefined
  readonly memoryBytes?: number | undefined
  readonly cacheBytes?: number | undefined
  readonly extentBytes?: number | undefined
  readonly hashWorkers?: number | undefined
  /** Open files a thread. */
  readonly openFilesMax?: number | undefined
  readonly saveIntervalSeconds?: number | undefined
  /** Resume data is also saved after so many bytes. */
  readonly saveBytes?: number | undefined
}

export interface StorageComponents {
  readonly events: StorageEvents
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Pieces checked of those that need a check, while opening and in `checkAll`. */
  readonly onProgress?: Progress | undefined
}

/**
 * Opens the storage of a torrent. Before the first byte is written it is known that every path stays inside the folder,
 * that no foreign file is overwritten, and that what is missing fits on the disk.
 *
 * @throws DiskError `unsafe-path`, `exists`, `disk-full`, `permission`; for a seed `file-gone`, `wrong-size`
 * @example
 * const storage = await openStorage({ info, infoHash, folder: 'downloads', mode: 'leech' }, { events })
 */
export async function openStorage(options: StorageOptions, components: StorageComponents): Promise<Storage> {
  assert(options.contentPath === undefined || options.mode === 'seed', 'a content path for a seed only')
  const folder = await realFolder(resolve(options.folder))
  const contentPath = options.contentPath === undefined ? undefined : resolve(options.contentPath)
  const layout = layoutOf(options.info, folder, contentPath)
  const keepsResume = options.mode === 'leech' || options.trust === true || options.resumeFolder !== undefined
  const resumeFolder = resolve(options.resumeFolder ?? resolve(folder, resumeFolderName))
  if (options.mode === 'leech') refuseInside(resumeFolder, layout)
  const file = new ResumeFile(resumeFolder, options.infoHash)
  const slab = new Slab(layout, options.memoryBytes ?? memoryBytesDefault, options.mode === 'leech')
  let storage: Storage | undefined
  const pool = new HashPool(
    {
      layout,
      slab: slab.memory,
      slotBytes: slab.slotBytes,
      // A view of a torrent file would take the whole file along.
      pieceHashes: options.info.pieceHashes.slice(),
      logPath: options.mode === 'leech' ? file.writtenPath : undefined,
      openFilesMax: options.openFilesMax ?? openFilesMaxDefault,
    },
    options.hashWorkers ?? hashWorkersDefault(),
    {
      onVerdict: (slot, isRight) => storage?.onVerdict(slot, isRight),
      onUnwritten: (slots, failure) => storage?.onUnwritten(slots, failure),
    },
  )
  try {
    const opening = new Opening(options, components, layout, file, pool)
    const known = options.mode === 'leech' ? await opening.leech() : await opening.seed(keepsResume)
    const keeper = options.mode === 'leech' ? opening.keeper(known) : undefined
    storage = new Storage({
      mode: options.mode,
      layout,
      pieceHashes: options.info.pieceHashes,
      verified: opening.verified,
      slab,
      pool,
      keeper,
      known,
      cache: {
        cacheBytes: options.cacheBytes ?? cacheBytesDefault,
        extentBytes: options.extentBytes ?? extentBytesDefault,
      },
      openFilesMax: options.openFilesMax ?? openFilesMaxDefault,
      saveIntervalSeconds: options.saveIntervalSeconds ?? saveIntervalSecondsDefault,
      saveBytes: options.saveBytes ?? saveBytesDefault,
      logger: components.logger ?? silentLogger,
      events: components.events,
      onProgress: components.onProgress,
    })
    return storage
  } catch (thrown) {
    await pool.close()
    throw thrown
  }
}

/** The steps of one opening, and what they find out. */
class Opening {
  readonly verified: Uint8Array
  readonly #options: StorageOptions
  readonly #components: StorageComponents
  readonly #layout: Layout
  readonly #file: ResumeFile
  readonly #pool: HashPool

  constructor(
    options: StorageOptions,
    components: StorageComponents,
    layout: Layout,
    file: ResumeFile,
    pool: HashPool,
  ) {
    this.#options = options
    this.#components = components
    this.#layout = layout
    this.#file = file
    this.#pool = pool
    this.verified = bitfieldOf(layout.pieceCount)
  }

  async leech(): Promise<(FoundFile | undefined)[]> {
    const layout = this.#layout
    const found = await surveyFiles(layout, true)
    const isOverwriting = this.#options.overwrite === true
    if (!isOverwriting) refuseLarger(layout, found)
    await checkSpace(layout, found)
    const resume = await this.#load()
    await this.#check(found, resume)
    if (resume.kind === 'none' && !isOverwriting) refuseToOverwrite(layout, found, this.verified)
    // Said before anything is created: from here on the files are ours, also after a kill.
    await this.keeper(found).save(false)
    await createFiles(layout, found)
    if (this.#options.allocation === 'full') await fillFiles(layout, found, this.#pool)
    await this.#pool.reset()
    const known = await surveyFiles(layout, true)
    await this.keeper(known).save(false)
    await this.#file.forgetWritten()
    return known
  }

  async seed(keepsResume: boolean): Promise<(FoundFile | undefined)[]> {
    const layout = this.#layout
    const found = await surveyFiles(layout, false)
    requireWhole(layout, found)
    const resume = this.#options.trust === true ? await this.#load() : ({ kind: 'none' } as const)
    await this.#check(found, resume)
    if (!keepsResume) return found
    try {
      await this.keeper(found).save(true)
    } catch (thrown) {
      // Seeding needs no resume data: only the next start takes longer.
      this.#log('warn', 'resume data was not saved', { why: messageOf(thrown) })
    }
    return found
  }

  async #load(): Promise<LoadedResume> {
    const { infoHash, info } = this.#options
    const { pieceLength, pieceCount } = this.#layout
    const resume = await this.#file.load({ infoHash, pieceLength, pieceCount, fileCount: info.files.length })
    if (resume.kind === 'broken') {
      this.#log('warn', 'resume data is not used, all files are checked', { path: this.#file.path, why: resume.reason })
    }
    return resume
  }

  /** Sets the bits of what is known to be right or hashed and found right. */
  async #check(found: readonly (FoundFile | undefined)[], resume: LoadedResume): Promise<void> {
    const { clock, onProgress } = this.#components
    const plan = planCheck(this.#layout, found, resume)
    const pieces = this.#options.mode === 'seed' && resume.kind !== 'good' ? everyPiece(this.#layout) : plan.suspects
    const started = clock?.now() ?? 0
    const { pieceHashes } = this.#options.info
    const right = await checkPieces(this.#pool, this.#layout, pieceHashes, pieces, onProgress)
    this.verified.set(plan.trusted)
    for (const piece of right) setBit(this.verified, piece)
    const milliseconds = clock === undefined ? undefined : Math.round(clock.now() - started)
    if (pieces.length > 0)
      this.#log('debug', 'checked pieces', { pieces: pieces.length, right: right.size, milliseconds })
  }

  keeper(known: readonly (FoundFile | undefined)[]): ResumeKeeper {
    const { infoHash } = this.#options
    return new ResumeKeeper({ layout: this.#layout, infoHash, file: this.#file, verified: this.verified, known })
  }

  #log(level: 'debug' | 'warn', message: string, fields: Record<string, string | number | undefined>): void {
    this.#components.logger?.log(level, message, fields)
  }
}
