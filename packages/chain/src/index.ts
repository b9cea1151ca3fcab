/** The embedded BTTC node. */
export {}
