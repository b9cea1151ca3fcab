/** The peer wire: handshake, messages, extension messages (BEP 3, 6, 9, 10, 11, btt_speed). */
export {}
