/** What a person sees in a terminal: verbs, tables, progress, exit codes. Everything else is below. */

export { main } from './program.ts'
