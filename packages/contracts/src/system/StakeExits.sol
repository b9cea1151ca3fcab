// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Governed} from "./Governed.sol";
import {StakePools} from "./StakePools.sol";
import {burnAddress, wholeBps} from "./System.sol";

/// @title How stake leaves a pool, and how it is slashed, there and on its way.
/// @notice What leaves in an epoch is liable for the validator's faults of that epoch and of earlier ones as long as
/// evidence is taken. Unbonding stake waits in its epoch's `Exit`, which slashing cuts as a whole. Redelegated stake
/// works in its new pool at once; slashing notes what is kept of it, and its shares are cut when they are next touched,
/// or by anybody. Until its release it can't leave the new pool, so there is always something to cut.
abstract contract StakeExits is StakePools, Governed {
    using SafeCast for uint256;

    event Unbonded(address indexed validator, address indexed delegator, uint256 amount, uint256 releaseEpoch);
    event Redelegated(
        address indexed from, address indexed to, address indexed delegator, uint256 amount, uint256 shares
    );
    event Slashed(address indexed validator, uint256 fromEpoch, uint256 rateBps, uint256 pool, uint256 unbonding);
    event MoveSlashed(address indexed from, address indexed to, address indexed delegator, uint256 amount);
    event Penalty(address indexed reporter, uint256 reward, uint256 burned, uint256 community);

    error TooManyEntries();
    error SamePool();
    error TransferFailed(address to, uint256 amount);

    /// Bound what one call has to walk through.
    uint256 public constant unbondingsMax = 32;
    uint256 public constant movesMax = 8;

    function exitPool(address validator, address delegator, uint256 shares) internal {
        uint256 amount = takeOut(validator, delegator, shares);
        uint48 epoch = uint48(validators.epoch());
        Exit storage exit = exits[validator][epoch];
        uint256 part = exit.shares == 0 ? amount : Math.mulDiv(amount, exit.shares, exit.tokens); // down
        exit.tokens += amount.toUint128();
        exit.shares += part.toUint128();
        exit.left += amount.toUint128();
        totalUnbonding += amount;
        uint48 releaseEpoch = releaseOf(epoch);
        emit Unbonded(validator, delegator, amount, releaseEpoch);
        Unbonding[] storage list = unbondings[delegator];
        for (uint256 i = list.length; i > 0; --i) {
            Unbonding storage known = list[i - 1];
            if (known.validator != validator || known.epoch != epoch) continue;
            known.shares += part.toUint128();
            // The period may have been changed meanwhile: never shorter than any part of it was promised to wait.
            if (releaseEpoch > known.releaseEpoch) known.releaseEpoch = releaseEpoch;
            return;
        }
        require(list.length < unbondingsMax, TooManyEntries());
        list.push(Unbonding(validator, epoch, releaseEpoch, part.toUint128()));
    }

    function move(address from, address to, address delegator, uint256 shares) internal {
        require(from != to, SamePool());
        require(validators.acceptsStake(to, delegator), NotAccepted(to));
        uint256 amount = takeOut(from, delegator, shares);
        rewards.settle(to);
        cutMoves(delegator, to);
        uint48 epoch = uint48(validators.epoch());
        Exit storage exit = exits[from][epoch];
        exit.left += amount.toUint128();
        uint256 got = mint(to, delegator, amount);
        emit Redelegated(from, to, delegator, amount, got);
        uint128 kept = keptOf(exit);
        Move[] storage list = moves[delegator][to];
        for (uint256 i = list.length; i > 0; --i) {
            Move storage known = list[i - 1];
            if (known.from != from || known.epoch != epoch) continue;
            known.shares += got.toUint128(); // its `kept` is that of now: `cutMoves` has just run
            if (releaseOf(epoch) > known.releaseEpoch) known.releaseEpoch = releaseOf(epoch);
            return;
        }
        require(list.length < movesMax, TooManyEntries());
        list.push(Move(from, epoch, releaseOf(epoch), got.toUint128(), kept));
    }

    /// Pays what is due of the caller's unbondings, out of the sums.
    function takeReleased(address delegator) internal returns (uint256 amount) {
        uint256 epoch = validators.epoch();
        Unbonding[] storage list = unbondings[delegator];
        uint256 count = list.length;
        for (uint256 i = count; i > 0; --i) {
            Unbonding memory one = list[i - 1];
            if (one.releaseEpoch > epoch) continue;
            Exit storage exit = exits[one.validator][one.epoch];
            uint256 part = Math.mulDiv(one.shares, exit.tokens, exit.shares); // down; the last one gets all
            exit.tokens -= uint128(part); // at most `tokens`
            exit.shares -= one.shares;
            amount += part;
            list[i - 1] = list[list.length - 1];
            list.pop();
        }
        require(list.length < count, NothingThere());
        totalUnbonding -= amount;
    }

    /// Cuts a pool and what left it since `fromEpoch`. Each part loses at most `rateBps`; the pool no more than what
    /// the stake that was elected then owes beyond what its leavers bear. Down: the slashed named no number.
    function cut(address validator, uint256 fromEpoch, uint256 rateBps, uint256 electedStake)
        internal
        returns (uint256 slashed)
    {
        uint256 left;
        (slashed, left) = cutExits(validator, fromEpoch, rateBps);
        totalUnbonding -= slashed;
        Pool storage pool = pools[validator];
        uint256 owed = electedStake > left ? electedStake - left : 0;
        uint256 fromPool = Math.mulDiv(Math.min(pool.tokens, owed), rateBps, wholeBps);
        emit Slashed(validator, fromEpoch, rateBps, fromPool, slashed);
        setPool(validator, pool.tokens - fromPool, pool.shares);
        slashed += fromPool;
    }

    function cutExits(address validator, uint256 fromEpoch, uint256 rateBps)
        private
        returns (uint256 slashed, uint256 left)
    {
        uint256 epoch = validators.epoch();
        for (uint256 each = fromEpoch; each <= epoch; ++each) {
            Exit storage exit = exits[validator][each];
            if (exit.left == 0) continue;
            left += exit.left;
            uint256 part = Math.mulDiv(exit.tokens, rateBps, wholeBps);
            exit.tokens -= uint128(part); // less than `tokens`
            slashed += part;
            // Up, in favour of who is slashed.
            exit.kept = uint128(Math.ceilDiv(keptOf(exit) * (wholeBps - rateBps), wholeBps));
        }
    }

    /// Cuts the shares that came from slashed pools and forgets those that are released.
    /// @return slashed tokens taken out of the pool of `to`
    function cutMoves(address delegator, address to) internal returns (uint256 slashed) {
        uint256 count = moves[delegator][to].length;
        if (count == 0) return 0;
        uint256 epoch = validators.epoch();
        for (uint256 i = count; i > 0; --i) {
            slashed += cutMove(delegator, to, i - 1);
            Move[] storage list = moves[delegator][to];
            if (list[i - 1].releaseEpoch > epoch) continue;
            list[i - 1] = list[list.length - 1];
            list.pop();
        }
        if (slashed > 0) penalise(slashed, msg.sender == delegator ? address(0) : msg.sender);
    }

    function cutMove(address delegator, address to, uint256 index) private returns (uint256 amount) {
        Move storage one = moves[delegator][to][index];
        uint128 kept = keptOf(exits[one.from][one.epoch]);
        if (kept == one.kept) return 0;
        uint256 remaining = Math.mulDiv(one.shares, kept, one.kept, Math.Rounding.Ceil); // up: for who is slashed
        amount = burn(to, delegator, one.shares - remaining);
        one.shares = uint128(remaining); // at most `shares`
        one.kept = kept;
        emit MoveSlashed(one.from, to, delegator, amount);
    }

    /// Divides what was slashed among reporter, fire and community. It has left the sums already.
    function penalise(uint256 amount, address reporter) internal {
        uint256 reward = reporter == address(0) ? 0 : Math.mulDiv(amount, parameter("reporterBps"), wholeBps);
        uint256 burned = Math.mulDiv(amount - reward, parameter("slashBurnBps"), wholeBps);
        uint256 community = amount - reward - burned;
        emit Penalty(reporter, reward, burned, community);
        credits[reporter] += reward;
        totalCredits += reward;
        if (burned > 0) send(burnAddress, burned);
        if (community > 0) rewards.fund{value: community}();
    }

    function send(address to, uint256 amount) internal {
        (bool sent,) = to.call{value: amount}("");
        require(sent, TransferFailed(to, amount));
    }

    /// Shares of a position that are not locked by a redelegation.
    function freeShares(address validator, address delegator) internal view returns (uint256 free) {
        free = positions[validator][delegator].shares;
        Move[] storage list = moves[delegator][validator];
        for (uint256 i = 0; i < list.length; ++i) {
            free -= list[i].shares;
        }
    }

    function takeOut(address validator, address delegator, uint256 shares) private returns (uint256 amount) {
        rewards.settle(validator);
        cutMoves(delegator, validator);
        uint256 free = freeShares(validator, delegator);
        require(shares <= free, TooManyShares(free));
        require(shares > 0, NothingGained());
        amount = burn(validator, delegator, shares);
        require(amount > 0, NothingGained());
    }

    /// The first epoch in which evidence about `epoch` is refused.
    function releaseOf(uint48 epoch) private view returns (uint48) {
        return epoch + uint48(parameter("unbondingEpochs")) + 1;
    }

    function keptOf(Exit storage exit) private view returns (uint128) {
        return exit.kept == 0 ? uint128(keptWhole) : exit.kept;
    }
}
