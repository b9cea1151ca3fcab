// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// The system contracts: where each stands on every chain of ours, and what they ask of one another.

// The chain itself: no key can sign for it, so only block execution calls by this name.
address constant systemCaller = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
// Gets the tips of every block (it is the coinbase) and the withdrawals that mint.
address constant rewardsAddress = 0x0000000000000000000000000000000000001000;
address constant stakingAddress = 0x0000000000000000000000000000000000001001;
address constant validatorsAddress = 0x0000000000000000000000000000000000001002;
address constant parametersAddress = 0x0000000000000000000000000000000000001003;
// The time-lock of governance: the only one who sets parameters, spends the community pool and upgrades.
address constant governanceAddress = 0x0000000000000000000000000000000000001004;
// Where BTT of the first issue stands that nobody owns yet.
address constant fundAddress = 0x0000000000000000000000000000000000001010;
address constant airdropAddress = 0x0000000000000000000000000000000000001011;
address constant incentivesAddress = 0x0000000000000000000000000000000000001012;
// Counts the votes about what the time-lock does.
address constant governorAddress = 0x0000000000000000000000000000000000001005;
address constant guardianAddress = 0x0000000000000000000000000000000000001006;
// Nobody has its key: what is sent there is out of use.
address constant burnAddress = 0x000000000000000000000000000000000000dEaD;

// A part of ten thousand is the unit of every rate.
uint256 constant wholeBps = 10_000;
// Fixed point of what a share or a unit of weight has earned.
uint256 constant rewardScale = 1 << 128;

interface IParameters {
    /// @notice The value of a parameter; reverts for a name that is not defined.
    function get(bytes32 name) external view returns (uint256);
}

interface IRewards {
    /// @notice Hands what `validator` has earned up to now to its pool.
    function settle(address validator) external;
    function fund() external payable;
    function distribute(address proposer, address[] calldata absent, uint256 baseFees) external;
    function activate(address[] calldata members, uint256[] calldata weights) external;
    function drop(address validator) external;
}

interface IStaking {
    function stakeFor(address operator) external payable;
    function reward(address validator) external payable;
    function slash(address validator, uint256 fromEpoch, uint256 rateBps, uint256 electedStake, address reporter)
        external
        returns (uint256 slashed);
    /// @notice What stands in the pools of these validators, and their operators' own parts of it.
    function stakesOf(address[] calldata list) external view returns (uint256[] memory pools, uint256[] memory own);
}

interface IValidators {
    function epoch() external view returns (uint256);
    function commissionOf(address validator) external view returns (uint256);
    /// @notice Whether the pool of `validator` takes the stake of `delegator` now.
    function acceptsStake(address validator, address delegator) external view returns (bool);
}

// The reading half of ERC-5805, by block number, and the parts of a validator's votes.
interface IStakeVotes {
    function clock() external view returns (uint48);
    function CLOCK_MODE() external view returns (string memory);
    function getPastVotes(address validator, uint256 timepoint) external view returns (uint256);
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
    function getPastPart(address validator, address delegator, uint256 timepoint) external view returns (uint256);
}

interface IGuardian {
    function isPaused() external view returns (bool);
    function pausedUntil() external view returns (uint48);
}
