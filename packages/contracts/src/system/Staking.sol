// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {StakeExits} from "./StakeExits.sol";
import {StakeVotes} from "./StakeVotes.sol";
import {guardianAddress, IGuardian, rewardsAddress, validatorsAddress} from "./System.sol";

/// @title The stake of validators and delegators, what it earns and what it loses.
/// @notice The contract's BTT is totalStaked + totalUnbonding + totalRewards + totalCredits (and whatever was forced on
/// it, which nobody can take out). A delegator's part of a pool are shares, which can't be transferred.
contract Staking is StakeExits, StakeVotes, ReentrancyGuardTransient {
    event Paid(address indexed account, address indexed to, uint256 amount);

    error NoRecipient();
    error PaymentsPaused(uint256 until);

    function initialize() external initializer {}

    // Delegators, operators among them

    /// @notice Adds the value sent to the caller's part of `validator`'s pool.
    function delegate(address validator) external payable nonReentrant {
        join(validator, msg.sender, msg.value);
    }

    /// @notice An operator adds to its own stake; also while it is jailed.
    function stake() external payable nonReentrant {
        join(msg.sender, msg.sender, msg.value);
    }

    /// @notice Takes free shares out of a pool. What they are worth is paid by `claim` after the unbonding period, in
    /// which it earns nothing and can be slashed.
    function unbond(address validator, uint256 shares) external nonReentrant {
        exitPool(validator, msg.sender, shares);
    }

    /// @notice Moves free shares to another pool, where they earn at once and are locked for the unbonding period.
    function redelegate(address from, address to, uint256 shares) external nonReentrant {
        move(from, to, msg.sender, shares);
    }

    /// @notice Pays every unbonding of the caller that is over.
    function claim(address to) external nonReentrant returns (uint256 amount) {
        return pay(to, takeReleased(msg.sender));
    }

    /// @notice Pays what the caller's shares of one pool have earned.
    function claimRewards(address validator, address to) external nonReentrant returns (uint256 amount) {
        return pay(to, takeRewards(validator, msg.sender));
    }

    /// @notice Adds what the caller's shares of a pool have earned to its stake there.
    function restake(address validator) external nonReentrant returns (uint256 amount) {
        amount = takeRewards(validator, msg.sender);
        join(validator, msg.sender, amount);
    }

    /// @notice Pays the caller the commission of its own pool.
    function withdrawCommission(address to) external nonReentrant returns (uint256 amount) {
        rewards.settle(msg.sender);
        amount = pools[msg.sender].commission;
        require(amount > 0, NothingThere());
        pools[msg.sender].commission = 0;
        totalRewards -= amount;
        return pay(to, amount);
    }

    /// @notice Pays the caller what it earned by reports.
    function withdrawCredit(address to) external nonReentrant returns (uint256 amount) {
        amount = credits[msg.sender];
        require(amount > 0, NothingThere());
        credits[msg.sender] = 0;
        totalCredits -= amount;
        return pay(to, amount);
    }

    /// @notice Cuts the shares that `delegator` redelegated to `validator` by what their old pools were slashed since.
    /// A reporter's part of that is the caller's.
    function slashMoves(address delegator, address validator) external nonReentrant returns (uint256 slashed) {
        rewards.settle(validator);
        return cutMoves(delegator, validator);
    }

    // The other system contracts

    function stakeFor(address operator) external payable onlyBy(validatorsAddress) {
        join(operator, operator, msg.value);
    }

    function reward(address validator) external payable onlyBy(rewardsAddress) {
        accrue(validator, msg.value);
    }

    /// @notice Slashes the stake that stood behind `validator` in `fromEpoch`, wherever it is now.
    /// @param electedStake what the validator was elected with for that epoch
    /// @param reporter gets its part as a credit; zero: nobody
    function slash(address validator, uint256 fromEpoch, uint256 rateBps, uint256 electedStake, address reporter)
        external
        onlyBy(validatorsAddress)
        returns (uint256 slashed)
    {
        slashed = cut(validator, fromEpoch, rateBps, electedStake);
        penalise(slashed, reporter);
    }

    function pay(address to, uint256 amount) private returns (uint256) {
        require(to != address(0), NoRecipient());
        IGuardian guardian = IGuardian(guardianAddress);
        require(!guardian.isPaused(), PaymentsPaused(guardian.pausedUntil()));
        emit Paid(msg.sender, to, amount);
        send(to, amount);
        return amount;
    }
}
