// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {StakeState} from "./StakeState.sol";
import {IRewards, IValidators, rewardsAddress, rewardScale, validatorsAddress, wholeBps} from "./System.sol";

/// @title Pools: shares against tokens, and what a share earns.
/// @notice Shares are given and paid at tokens : shares, rounded down both times: the pool keeps the fraction. Only
/// slashing lowers the rate. Rewards are no tokens of the pool; they are owed to its shares by a running sum, in which
/// nothing is lost: owed to positions + carried = handed to the pool, to the 2^-128th of a base unit.
abstract contract StakePools is StakeState {
    using SafeCast for uint256;
    using Checkpoints for Checkpoints.Trace208;

    event Delegated(address indexed validator, address indexed delegator, uint256 amount, uint256 shares);
    event Rewarded(address indexed validator, uint256 amount, uint256 commission);

    error NothingGained();
    error NotAccepted(address validator);
    error NothingThere();
    error TooManyShares(uint256 free);

    IValidators internal constant validators = IValidators(validatorsAddress);
    IRewards internal constant rewards = IRewards(rewardsAddress);

    /// Puts BTT that the contract has got into a pool.
    function join(address validator, address delegator, uint256 amount) internal {
        require(validators.acceptsStake(validator, delegator), NotAccepted(validator));
        rewards.settle(validator);
        uint256 shares = mint(validator, delegator, amount);
        emit Delegated(validator, delegator, amount, shares);
    }

    function mint(address validator, address delegator, uint256 amount) internal returns (uint256 shares) {
        Pool storage pool = pools[validator];
        shares = pool.shares == 0 ? amount : Math.mulDiv(amount, pool.shares, pool.tokens); // down: the caller chose
        require(shares > 0, NothingGained());
        setPool(validator, uint256(pool.tokens) + amount, uint256(pool.shares) + shares);
        setPosition(validator, delegator, positions[validator][delegator].shares + shares);
    }

    /// Takes shares out of a pool; the tokens are the caller's to account for.
    function burn(address validator, address delegator, uint256 shares) internal returns (uint256 amount) {
        Pool storage pool = pools[validator];
        amount = Math.mulDiv(shares, pool.tokens, pool.shares); // down: the caller chose
        setPool(validator, pool.tokens - amount, pool.shares - shares);
        setPosition(validator, delegator, positions[validator][delegator].shares - shares);
    }

    function setPosition(address validator, address delegator, uint256 shares) private {
        settled(validator, delegator).shares = shares.toUint128();
        note(positionShares[validator][delegator], shares);
    }

    /// Writes both sides of a pool, the sum of all, and their checkpoints.
    function setPool(address validator, uint256 tokens, uint256 shares) internal {
        Pool storage pool = pools[validator];
        totalStaked = totalStaked + tokens - pool.tokens;
        pool.tokens = tokens.toUint128();
        if (shares != pool.shares) {
            pool.shares = shares.toUint128();
            note(poolShares[validator], shares);
        }
        note(poolTokens[validator], tokens);
        note(allTokens, totalStaked);
    }

    /// Shares the value sent among the operator and the shares of its pool.
    function accrue(address validator, uint256 amount) internal {
        Pool storage pool = pools[validator];
        // Down: the operator chose the rate. A pool without shares has nobody else.
        uint256 commission =
            pool.shares == 0 ? amount : Math.mulDiv(amount, validators.commissionOf(validator), wholeBps);
        pool.commission += commission;
        totalRewards += amount;
        if (pool.shares > 0) {
            uint256 scaled = (amount - commission) * rewardScale + pool.rewardCarry;
            pool.rewardPerShare += scaled / pool.shares;
            pool.rewardCarry = scaled % pool.shares;
        }
        emit Rewarded(validator, amount, commission);
    }

    /// The position with all that its shares have earned counted in `owed`.
    function settled(address validator, address delegator) internal returns (Position storage position) {
        position = positions[validator][delegator];
        uint256 perShare = pools[validator].rewardPerShare;
        if (position.rewardPerShare == perShare) return position;
        position.owed += position.shares * (perShare - position.rewardPerShare);
        position.rewardPerShare = perShare;
    }

    /// Takes the whole base units that a position is owed.
    function takeRewards(address validator, address delegator) internal returns (uint256 amount) {
        rewards.settle(validator);
        Position storage position = settled(validator, delegator);
        amount = position.owed / rewardScale;
        require(amount > 0, NothingThere());
        position.owed %= rewardScale;
        totalRewards -= amount;
    }

    function worth(address validator, uint256 shares) internal view returns (uint256) {
        Pool storage pool = pools[validator];
        return pool.shares == 0 ? 0 : Math.mulDiv(shares, pool.tokens, pool.shares);
    }

    function note(Checkpoints.Trace208 storage trace, uint256 value) private {
        trace.push(uint48(block.number), value.toUint208());
    }
}
