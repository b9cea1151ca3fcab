#!/usr/bin/env bash
# Builds the cometbft binary that validators need, with Go, into a folder on PATH:
#   scripts/install-cometbft.sh [FOLDER]        default: /usr/local/bin if writable, else ~/.local/bin
set -euo pipefail

folder="${1:-}"
if [ -z "$folder" ]; then
  folder=/usr/local/bin
  [ -w "$folder" ] || folder="$HOME/.local/bin"
fi
# The version as in packages/chain/src/consensus/cometbft/binary.ts.
"$(dirname "$0")/go-install.sh" github.com/cometbft/cometbft cometbft v0.40.0 "$folder"
case ":$PATH:" in *":$folder:"*) ;; *) echo "note: $folder is not on PATH" >&2 ;; esac
