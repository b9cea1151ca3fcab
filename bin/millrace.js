#!/usr/bin/env node
// npm links this file before anything is compiled, so it only loads the build.
import('@millrace/cli').then(
  ({ main }) => main(process.argv),
  (error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
    process.stderr.write(`millrace is not built yet: run "npm run build" (${error.message})\n`)
    process.exitCode = 1
  },
)
