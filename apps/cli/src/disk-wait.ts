/** What a person hears while a disk does not work. */

import { type DiskWait, diskRetryMilliseconds } from '@millrace/node'
import { note, warn } from './output.ts'

export const diskWait: DiskWait = {
  onTrouble: (error) => warn(`${error.message} Trying again every ${diskRetryMilliseconds / 1000} seconds.`),
  onMended: () => note('the disk works again, going on'),
}
