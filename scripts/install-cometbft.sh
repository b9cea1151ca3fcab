#!/usr/bin/env bash
# Builds the cometbft binary that validators need, with Go, into a folder on PATH:
#   scripts/install-cometbft.sh [FOLDER]        default: /usr/local/bin if writable, else ~/.local/bin
set -euo pipefail

# As in packages/chain/src/consensus/cometbft/binary.ts.
version=v0.40.0

folder="${1:-}"
if [ -z "$folder" ]; then
  folder=/usr/local/bin
  [ -w "$folder" ] || folder="$HOME/.local/bin"
fi
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null 2>&1; then
  echo "error: go is not on PATH; install Go 1.25 or newer (https://go.dev/dl/), then run this again" >&2
  exit 1
fi
if grep -aq "mod	github.com/cometbft/cometbft	$version" "$folder/cometbft" 2>/dev/null; then
  echo "cometbft $version is in $folder already"
  exit 0
fi
GOBIN="$folder" go install "github.com/cometbft/cometbft/cmd/cometbft@$version"
echo "cometbft $version is in $folder"
case ":$PATH:" in *":$folder:"*) ;; *) echo "note: $folder is not on PATH" >&2 ;; esac
