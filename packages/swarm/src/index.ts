/** Torrents, peers, picker, choker and session. */
export {}
