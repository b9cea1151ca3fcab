/** Where the symbolic links of a torrent may lead: to its own files and folders, and nowhere else (BEP 47). */

import { defined } from '@millrace/base'

export type Link = { readonly path: readonly string[]; readonly target: readonly string[] }

type Node = { readonly children: Map<string, Node>; link: Link | undefined }

/** As file systems do, a chain of more links counts as a loop. */
const linksFollowedMax = 40
/** Steps through the tree for all links of a torrent: real ones need some ten each. Links beyond lead nowhere. */
const stepsMax = 1_000_000

type Walk = { readonly root: Node; stepsLeft: number }

/**
 * The safe target of each link, from the download folder on; empty when there is none. Targets are sanitised components
 * without `..`; they are looked up from the torrent's folder first, then from the link's own, and through other links.
 */
export function safeTargets(paths: readonly (readonly string[])[], links: readonly Link[]): (readonly string[])[] {
  if (links.length === 0) return []
  const root = newNode()
  for (const path of paths) insert(root, path)
  for (const link of links) insert(root, link.path).link = link
  const walk: Walk = { root, stepsLeft: stepsMax }
  return links.map((link) => {
    const top = defined(link.path[0], 'a path of at least one component')
    const candidates = [
      [top, ...link.target],
      [...link.path.slice(0, -1), ...link.target],
    ]
    if (link.target.length === 0) return []
    return candidates.find((candidate) => leadsSomewhere(walk, candidate, link)) ?? []
  })
}

function leadsSomewhere(walk: Walk, path: readonly string[], from: Link): boolean {
  let rest = path
  for (let followed = 0; followed <= linksFollowedMax; followed++) {
    walk.stepsLeft -= 1 + 3 * rest.length
    if (walk.stepsLeft < 0) return false
    let node: Node | undefined = walk.root
    let depth = 0
    while (node !== undefined && depth < rest.length && node.link === undefined) {
      node = node.children.get(defined(rest[depth], 'a component'))
      depth++
    }
    if (node === undefined) return false
    if (node.link === undefined) return true
    if (node.link === from) return false
    const link: Link = node.link
    const top = defined(link.path[0], 'a path of at least one component')
    const beyond = rest.slice(depth)
    const direct: readonly string[] = [top, ...link.target, ...beyond]
    const relative: readonly string[] = [...link.path.slice(0, -1), ...link.target, ...beyond]
    rest = exists(walk.root, direct) ? direct : relative
  }
  return false
}

/** Whether a path begins at something of the torrent, links included. */
function exists(root: Node, path: readonly string[]): boolean {
  let node: Node | undefined = root
  for (const component of path) {
    if (node === undefined) return false
    if (node.link !== undefined) return true
    node = node.children.get(component)
  }
  return node !== undefined
}

function insert(root: Node, path: readonly string[]): Node {
  let node = root
  for (const component of path) {
    let next = node.children.get(component)
    if (next === undefined) {
      next = newNode()
      node.children.set(component, next)
    }
    node = next
  }
  return node
}

function newNode(): Node {
  return { children: new Map(), link: undefined }
}
