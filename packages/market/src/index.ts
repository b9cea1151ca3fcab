/** Bids, clearing price, shares, credit and the upload scheduler; pure. */
export {}
