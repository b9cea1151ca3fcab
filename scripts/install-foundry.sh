#!/usr/bin/env bash
# Puts Foundry's programs from npm into the folder of npm-peer.sh: cast (60 MB) and forge (81 MB) for the tests of
# other people’s tools, anvil (43 MB) for `npm run bench -- chain-speed` to race against:
#   scripts/install-foundry.sh [anvil|cast|forge ...]        default: cast forge
# Ends with 69 where npm has none for the platform, as scripts/go.sh does without Go.
set -euo pipefail

version=1.7.1

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-amd64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  Darwin-x86_64) platform=darwin-amd64 ;;
  Darwin-arm64) platform=darwin-arm64 ;;
  *) echo "error: npm has no Foundry for $(uname -s) on $(uname -m)" >&2; exit 69 ;;
esac
[ "$#" -gt 0 ] || set -- cast forge
for tool in "$@"; do
  # Of the package with the binary alone: its parent would run a script after the install.
  package="@foundry-rs/$tool-$platform"
  "$(dirname "$0")/npm-peer.sh" "$tool" "$package/bin/$tool" "$package@$version"
done
