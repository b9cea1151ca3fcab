// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title What `Staking` keeps. Amounts are base units; new fields go to the end.
abstract contract StakeState {
    /// The stake behind one validator. `tokens` is 0 exactly when `shares` is.
    struct Pool {
        uint128 tokens;
        uint128 shares;
        /// What a share has earned over all time, times `rewardScale`.
        uint256 rewardPerShare;
        /// What the last division left over, times `rewardScale`; part of the next.
        uint256 rewardCarry;
        /// Earned by the operator and not withdrawn yet.
        uint256 commission;
    }

    /// One delegator's part of a pool.
    struct Position {
        uint128 shares;
        /// The pool's `rewardPerShare` up to which `owed` is counted.
        uint256 rewardPerShare;
        /// Times `rewardScale`: the fraction of a base unit stays when the rest is paid.
        uint256 owed;
    }

    /// What left a pool in one epoch: still liable for what the validator did up to then.
    struct Exit {
        /// Unbonding, and the shares that its owners hold of it.
        uint128 tokens;
        uint128 shares;
        /// All that left in this epoch, redelegated included, as it was when it left.
        uint128 left;
        /// What slashing has left of what was redelegated, of `keptWhole`; 0: never slashed.
        uint128 kept;
    }

    /// A part of an `Exit` that is paid from `releaseEpoch` on.
    struct Unbonding {
        address validator;
        uint48 epoch;
        uint48 releaseEpoch;
        uint128 shares;
    }

    /// Shares that came from another pool and can be slashed for what its validator did. Locked until `releaseEpoch`.
    struct Move {
        address from;
        uint48 epoch;
        uint48 releaseEpoch;
        uint128 shares;
        /// The `kept` of the exit up to which `shares` were cut.
        uint128 kept;
    }

    uint256 internal constant keptWhole = 1e27;

    mapping(address validator => Pool) internal pools;
    mapping(address validator => mapping(address delegator => Position)) internal positions;
    mapping(address validator => mapping(uint256 epoch => Exit)) internal exits;
    mapping(address delegator => Unbonding[]) internal unbondings;
    mapping(address delegator => mapping(address validator => Move[])) internal moves;
    /// Rewards for reports.
    mapping(address reporter => uint256) public credits;

    /// The four sums that make the contract's balance.
    uint256 public totalStaked;
    uint256 public totalUnbonding;
    uint256 public totalRewards;
    uint256 public totalCredits;

    /// By block: the tokens and the shares of each pool, the shares of each position, the tokens of all pools.
    mapping(address validator => Checkpoints.Trace208) internal poolTokens;
    mapping(address validator => Checkpoints.Trace208) internal poolShares;
    mapping(address validator => mapping(address delegator => Checkpoints.Trace208)) internal positionShares;
    Checkpoints.Trace208 internal allTokens;
}
