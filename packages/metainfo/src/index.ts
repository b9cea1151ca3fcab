/** .torrent files, magnet links and piece geometry (BEP 3, 9, 12, 19, 27, 47, 53). */
export {}
