#!/usr/bin/env bash
# Puts Foundry's anvil from npm into a folder outside the repo, for `npm run bench -- chain-speed` to race against:
#   scripts/install-anvil.sh [FOLDER]        default: ~/.cache/millrace/peers
set -euo pipefail

version=1.7.1

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-amd64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  Darwin-x86_64) platform=darwin-amd64 ;;
  Darwin-arm64) platform=darwin-arm64 ;;
  *) echo "error: npm has no anvil for $(uname -s) on $(uname -m)" >&2; exit 1 ;;
esac
folder="${1:-$HOME/.cache/millrace/peers}"
package="@foundry-rs/anvil-$platform"
mkdir -p "$folder"
# Of the package with the binary alone: its parent would run a script after the install.
npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "$package@$version"
ln -sf "node_modules/$package/bin/anvil" "$folder/anvil"
"$folder/anvil" --version | head -n 1
