/** TCP and HTTP trackers (BEP 3, 7, 12, 23). */
export {}
