/** Bencode decoding with raw slices and canonical encoding (BEP 3). */
export {}
