/** The result of a run, for people. */

import { oneBtt } from '@millrace/base'
import type { BuyerRow, RunResult } from './run.ts'

/** As a table for people. Amounts in BTT. */
export function tableOf(result: RunResult): string {
  const steps = ({ contended }: BuyerRow): number => contended.paidSteps + contended.freeSteps
  const all = result.buyers.reduce((sum, row) => sum + steps(row), 0)
  const one = result.buyers.find(({ name }) => name === '1x')?.contended.paidSteps ?? 1
  const rows = result.buyers.map((row) => [
    row.name,
    row.bid === '0' ? '-' : btt(row.bid),
    String(steps(row)),
    `${((100 * steps(row)) / Math.max(1, all)).toFixed(1)} %`,
    row.bid === '0' ? '-' : (row.contended.paidSteps / one).toFixed(2),
    String(row.job.rightSteps),
    row.job.end,
    `${row.job.bestBits} bits`,
    row.bid === '0' ? '-' : btt(row.job.billed),
    row.bid === '0' ? '-' : btt(row.job.paid),
  ])
  const header = ['', 'bid BTT/s', 'steps', 'share', 'paid : 1x', 'steps in all', 'end', 'best hash', 'billed', 'paid']
  const { sale, audit } = result
  return [
    `Under contention for ${result.contendedSeconds} s, at up to ${btt(result.pricePerCpuSecond)} BTT a CPU second:`,
    ...aligned([header, ...rows]),
    `The seller billed ${btt(sale.billed)}, earned ${btt(sale.earned)} and cashed ${btt(sale.cashed)} BTT.`,
    `The vault paid out ${btt(audit.paidOut)} of ${btt(audit.deposited)} BTT; imbalance of books and chain: ${audit.imbalance}.`,
  ].join('\n')
}

function btt(amount: string): string {
  return (Number((BigInt(amount) * 10_000n) / oneBtt) / 10_000).toFixed(2)
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
}
