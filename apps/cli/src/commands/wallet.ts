import type { Command } from 'commander'
export function addWallet(_program: Command): void {}
