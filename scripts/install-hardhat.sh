#!/usr/bin/env bash
# Puts Hardhat and its ethers plugin from npm into the folder of npm-peer.sh, 310 MB, for the tests of other people's tools.
# Hardhat 2, since 3 needs Node 22.
#   scripts/install-hardhat.sh
set -euo pipefail

"$(dirname "$0")/npm-peer.sh" hardhat hardhat hardhat@2.28.6 @nomicfoundation/hardhat-ethers@3.1.3 ethers@6.17.0
