// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";
import {Grant} from "./Grant.sol";

/// @title A grant that vests evenly from its start on. Before its cliff nothing has; at the cliff, all since the start.
contract TimeGrant is Grant {
    constructor(address beneficiary, uint64 start_, uint64 seconds_, uint64 cliffSeconds, bool isRevocable_)
        VestingWallet(beneficiary, start_, seconds_)
        VestingWalletCliff(cliffSeconds)
        Grant(isRevocable_)
    {}
}
