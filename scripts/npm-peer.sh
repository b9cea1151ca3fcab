#!/usr/bin/env bash
# Puts a program from npm into a folder outside the repo, for tests and benches that run it, unless it is there already:
#   scripts/npm-peer.sh NAME COMMAND PACKAGE@VERSION...
# The folder is MILLRACE_PEERS, or ~/.cache/millrace/peers. COMMAND is the file within node_modules that NAME will link to.
set -euo pipefail

name="$1" command="$2"
shift 2
peers="${MILLRACE_PEERS:-$HOME/.cache/millrace/peers}"
# Each in a tree of its own: npm removes from a tree what the last install did not name.
tree="$peers/npm/$name"
if [ -e "$peers/$name" ] && [ "$(cat "$tree/installed" 2>/dev/null)" = "$*" ]; then
  echo "$* is in $peers already"
  exit 0
fi
rm -rf "$tree"
mkdir -p "$tree"
# No package's own scripts are run: some would download more.
npm install --prefix "$tree" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "$@"
ln -sfn "npm/$name/node_modules/$command" "$peers/$name"
echo "$*" >"$tree/installed"
echo "$* is in $peers"
