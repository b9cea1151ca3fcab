// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Election} from "./Election.sol";
import {systemCaller} from "./System.sol";

/// @title Validators: their register, their elections, and what becomes of those that fail.
/// @notice The chain calls `beginBlock` before the transactions of each block, then `doubleSign` for each piece of
/// evidence, and `endEpoch` after the transactions when `epochDue()`. None of the first two reverts for what consensus
/// reports, whatever that is.
contract Validators is Election {
    using Checkpoints for Checkpoints.Trace208;

    event DoubleSigned(address indexed validator, uint256 height, uint256 slashed);
    event Downtime(address indexed validator, uint256 misses, uint256 slashed);
    event Unjailed(address indexed validator);
    event EvidenceIgnored(bytes20 indexed offender, uint256 height);

    error NotJailed();
    error JailedUntil(uint256 time);

    function initialize() external initializer {}

    // Operators

    /// @notice Registers the caller as a validator, stakes the value sent, and makes it a candidate.
    /// @param consensusKey ed25519; that the caller holds it can't be checked here: whoever does not will be jailed
    /// @param mostBps the highest commission it will ever take
    /// @param stepBps the most by which it changes its commission at a time
    function register(bytes32 consensusKey, address signer, uint256 rateBps, uint256 mostBps, uint256 stepBps)
        external
        payable
    {
        register_(consensusKey, signer, rateBps, mostBps, stepBps);
        staking.stakeFor{value: msg.value}(msg.sender);
        stand(msg.sender);
    }

    /// @notice Ends the caller's jail after its time, and makes it a candidate again.
    function unjail() external {
        Validator storage one = registry[msg.sender];
        require(one.status == Status.Jailed, NotJailed());
        require(block.timestamp >= one.jailedUntil, JailedUntil(one.jailedUntil));
        one.status = Status.Active;
        emit Unjailed(msg.sender);
        stand(msg.sender);
    }

    // The chain

    /// @notice Reports the block before this one.
    /// @param proposer consensus address of its proposer; unknown or zero: nobody is paid for proposing
    /// @param missed consensus addresses of the members whose votes its commit lacks
    /// @param baseFees what its transactions burned, in base units
    function beginBlock(bytes20 proposer, bytes20[] calldata missed, uint256 baseFees) external onlyBy(systemCaller) {
        activatePending();
        address[] memory absent = new address[](missed.length);
        for (uint256 i = 0; i < missed.length; ++i) {
            absent[i] = operatorOf[missed[i]];
        }
        rewards.distribute(operatorOf[proposer], absent, baseFees);
        uint256 window = block.number / parameter("downtimeWindowBlocks");
        uint256 missesMost = parameter("downtimeMissesMax");
        for (uint256 i = 0; i < absent.length; ++i) {
            noteMiss(absent[i], uint48(window), missesMost);
        }
    }

    /// @notice Slashes and tombstones a validator that signed twice at `height`.
    /// @param offender consensus address, of an old key too
    /// @param reporter consensus address of the proposer that brought the evidence
    function doubleSign(bytes20 offender, uint256 height, bytes20 reporter) external onlyBy(systemCaller) {
        address validator = operatorOf[offender];
        Validator storage one = registry[validator];
        uint256 stake = height < block.number ? electedStake[validator].upperLookup(uint48(height)) : 0;
        uint256 from = height < block.number ? epochAt(height) : 0;
        bool isOld = epoch_ > from + parameter("unbondingEpochs");
        if (one.status == Status.Tombstoned || stake == 0 || isOld) {
            emit EvidenceIgnored(offender, height);
            return;
        }
        one.status = Status.Tombstoned;
        address reportedBy = operatorOf[reporter];
        if (reportedBy == validator) reportedBy = address(0);
        uint256 slashed = staking.slash(validator, from, parameter("doubleSignBps"), stake, reportedBy);
        expel(validator);
        emit DoubleSigned(validator, height, slashed);
    }

    function noteMiss(address validator, uint48 window, uint256 missesMost) private {
        Validator storage one = registry[validator];
        uint256 height = block.number - 1;
        uint256 stake = electedStake[validator].upperLookupRecent(uint48(height));
        if (one.status != Status.Active || stake == 0) return;
        if (one.missWindow != window) (one.missWindow, one.misses) = (window, 0);
        uint32 misses = one.misses + 1;
        one.misses = misses;
        if (misses <= missesMost) return;
        one.misses = 0;
        one.status = Status.Jailed;
        one.jailedUntil = uint48(block.timestamp + parameter("jailSeconds"));
        uint256 slashed = staking.slash(validator, epochAt(height), parameter("downtimeBps"), stake, address(0));
        expel(validator);
        emit Downtime(validator, misses, slashed);
    }

    // Views

    function epoch() external view returns (uint256) {
        return epoch_;
    }

    /// @notice The epoch whose set signs `height`.
    function epochAt(uint256 height) public view returns (uint256) {
        return signingEpoch.upperLookupRecent(uint48(height));
    }

    /// @notice The stake by which a validator's vote counts at `height`; 0: it is not in the set.
    function stakeAt(address validator, uint256 height) external view returns (uint256) {
        return electedStake[validator].upperLookupRecent(uint48(height));
    }

    function validatorOf(address validator) external view returns (Validator memory) {
        return registry[validator];
    }

    function candidates() external view returns (address[] memory) {
        return candidates_;
    }

    /// @notice The set as consensus should have it from two blocks on: operators, keys, and power in whole BTT.
    function electedSet() external view returns (Member[] memory members, bytes32[] memory keys) {
        members = elected_;
        keys = new bytes32[](members.length);
        for (uint256 i = 0; i < members.length; ++i) {
            keys[i] = registry[members[i].validator].electedKey;
        }
    }
}
