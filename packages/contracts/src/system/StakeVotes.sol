// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {StakePools} from "./StakePools.sol";
import {IStaking} from "./System.sol";

/// @title What the stake is and was: for people, for elections, and as voting power.
/// @notice Voting power is tokens in pools, by block number (ERC-6372; the reading half of ERC-5805). A validator has
/// that of its whole pool; what a delegator overrides it with is `getPastPart`. The parts of a pool sum to no more than
/// the pool's votes, the pools to the total.
abstract contract StakeVotes is StakePools, IStaking {
    using Checkpoints for Checkpoints.Trace208;

    error FutureLookup(uint256 timepoint, uint256 clock);

    function clock() public view returns (uint48) {
        return SafeCast.toUint48(block.number);
    }

    function CLOCK_MODE() external pure returns (string memory) {
        return "mode=blocknumber&from=default";
    }

    function getVotes(address validator) external view returns (uint256) {
        return pools[validator].tokens;
    }

    function getPastVotes(address validator, uint256 timepoint) public view returns (uint256) {
        return poolTokens[validator].upperLookupRecent(past(timepoint));
    }

    function getPastTotalSupply(uint256 timepoint) external view returns (uint256) {
        return allTokens.upperLookupRecent(past(timepoint));
    }

    /// @notice The part of `validator`'s votes that was `delegator`'s, rounded down.
    function getPastPart(address validator, address delegator, uint256 timepoint) external view returns (uint256) {
        uint48 block_ = past(timepoint);
        uint256 shares = poolShares[validator].upperLookupRecent(block_);
        if (shares == 0) return 0;
        uint256 own = positionShares[validator][delegator].upperLookupRecent(block_);
        return Math.mulDiv(own, getPastVotes(validator, timepoint), shares);
    }

    function stakesOf(address[] calldata list) external view returns (uint256[] memory tokens, uint256[] memory own) {
        tokens = new uint256[](list.length);
        own = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            tokens[i] = pools[list[i]].tokens;
            own[i] = worth(list[i], positions[list[i]][list[i]].shares);
        }
    }

    /// @notice A pool as it stands; what its validator earned since the last settlement is not in it.
    function poolOf(address validator) external view returns (Pool memory) {
        return pools[validator];
    }

    /// @notice A delegator's part of a pool: its shares and their worth; what they have earned, times 2^128, as far as
    /// it was handed to the pool; and the redelegated among them, each locked until its release.
    function positionOf(address validator, address delegator)
        external
        view
        returns (uint256 shares, uint256 amount, uint256 owed, Move[] memory locked)
    {
        Position storage position = positions[validator][delegator];
        shares = position.shares;
        amount = worth(validator, shares);
        owed = position.owed + shares * (pools[validator].rewardPerShare - position.rewardPerShare);
        locked = moves[delegator][validator];
    }

    /// @notice The unbondings of a delegator, and what each is worth now.
    function unbondingsOf(address delegator) external view returns (Unbonding[] memory list, uint256[] memory amounts) {
        list = unbondings[delegator];
        amounts = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Exit storage exit = exits[list[i].validator][list[i].epoch];
            amounts[i] = Math.mulDiv(list[i].shares, exit.tokens, exit.shares);
        }
    }

    /// @notice What left a pool in one epoch.
    function exitOf(address validator, uint256 epoch) external view returns (Exit memory) {
        return exits[validator][epoch];
    }

    function past(uint256 timepoint) private view returns (uint48) {
        require(timepoint < block.number, FutureLookup(timepoint, block.number));
        return uint48(timepoint);
    }
}
