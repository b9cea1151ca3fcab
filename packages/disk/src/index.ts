/** Piece storage, hash workers and resume data. */
export {}
