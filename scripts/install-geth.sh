#!/usr/bin/env bash
# Builds go-ethereum's geth with Go into a folder outside the repo, for `npm run bench -- chain-speed` to race against:
#   scripts/install-geth.sh [FOLDER]        default: ~/.cache/millrace/peers
set -euo pipefail

version=v1.17.10

folder="${1:-$HOME/.cache/millrace/peers}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null 2>&1; then
  echo "error: go is not on PATH; install Go (https://go.dev/dl/), then run this again" >&2
  exit 1
fi
if grep -aq "mod	github.com/ethereum/go-ethereum	$version" "$folder/geth" 2>/dev/null; then
  echo "geth $version is in $folder already"
  exit 0
fi
GOBIN="$folder" go install "github.com/ethereum/go-ethereum/cmd/geth@$version"
echo "geth $version is in $folder"
