// Placeholder until the contracts stand: the contracts package replaces it.
