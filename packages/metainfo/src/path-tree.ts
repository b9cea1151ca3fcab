/** The folders and files of a torrent as a tree, in which names that a file system may not tell apart are equal. */

import { defined } from '@millrace/base'
import { numberedComponent } from './safe-path.ts'

export type Node = {
  readonly children: Map<string, Node>
  /** Index of the file whose path ends here; undefined for a folder. */
  file: number | undefined
  /** The next number to try when the name is wanted again. */
  nextNumber: number
}

export type Placed = { readonly path: readonly string[]; readonly size: number; readonly pad: boolean }

export function newTree(): Node {
  return { children: new Map(), file: undefined, nextNumber: 1 }
}

/**
 * Gives every file a path of its own, in time linear in the paths: folders come first, so a file named like a folder is
 * renamed, then files in their order. A taken name gets `.1`, `.2` ... before its extension. Pad files of one size may
 * share a path, because none is ever written.
 */
export function uniquePaths(files: readonly Placed[]): string[][] {
  const root = newTree()
  const folders = files.map((file) => addFolders(root, file.path))
  return files.map((file, index) => {
    const folder = defined(folders[index], 'a folder for each file')
    const name = defined(file.path.at(-1), 'a path of at least one component')
    const taken = folder.children.get(fold(name))
    if (taken === undefined) {
      folder.children.set(fold(name), { ...newTree(), file: index })
      return [...file.path]
    }
    const other = taken.file === undefined ? undefined : files[taken.file]
    if (other?.pad === true && file.pad && other.size === file.size) return [...file.path]
    for (;;) {
      const candidate = numberedComponent(name, taken.nextNumber++)
      if (folder.children.has(fold(candidate))) continue
      folder.children.set(fold(candidate), { ...newTree(), file: index })
      return [...file.path.slice(0, -1), candidate]
    }
  })
}

function addFolders(root: Node, path: readonly string[]): Node {
  let node = root
  for (const component of path.slice(0, -1)) {
    const key = fold(component)
    let next = node.children.get(key)
    if (next === undefined) {
      next = newTree()
      node.children.set(key, next)
    }
    node = next
  }
  return node
}

/** File systems differ in whether case and composition tell names apart; a safe name differs in more than those. */
function fold(component: string): string {
  return component.normalize('NFC').toLowerCase()
}
