/** The composition root. */
export {}
