#!/usr/bin/env bash
# Builds go-ethereum's geth with Go into a folder outside the repo, for `npm run bench -- chain-speed` to race against and for
# `millrace chain --remote-engine`:
#   scripts/install-geth.sh [FOLDER]        default: ~/.cache/millrace/peers
set -euo pipefail

"$(dirname "$0")/go-install.sh" github.com/ethereum/go-ethereum geth v1.17.10 "${1:-$HOME/.cache/millrace/peers}"
