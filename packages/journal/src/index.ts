/** Durable books and the double-entry journal. */
export {}
