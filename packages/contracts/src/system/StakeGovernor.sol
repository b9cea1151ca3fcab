// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Proposals} from "./Proposals.sol";
import {governanceAddress, IStakeVotes, stakingAddress} from "./System.sol";

/// @title Governance by stake: proposals, votes, and the time-lock that does what was voted.
/// @notice OpenZeppelin's governor, whose executor is the time-lock. A proposal that passed is scheduled there (`queue`),
/// and done after the delay (`execute`); both can be called by anybody, and have an end, so that nothing passed is kept
/// in store for another day.
contract StakeGovernor is Proposals {
    error NotRelayed();

    /// After the end of the vote, for `queue`; after the time-lock's delay, for `execute`.
    uint256 public constant queueBlocksMax = 1_000_000;
    uint256 public constant executeSecondsMax = 30 days;

    TimelockController private constant timelock_ = TimelockController(payable(governanceAddress));

    constructor() Governor("millrace") {}

    function initialize() external initializer {}

    /// The name is in the code: a proxy's storage never saw the constructor.
    function name() public pure override returns (string memory) {
        return "millrace";
    }

    function clock() public view override returns (uint48) {
        return IStakeVotes(stakingAddress).clock();
    }

    function CLOCK_MODE() public view override returns (string memory) {
        return IStakeVotes(stakingAddress).CLOCK_MODE();
    }

    function timelock() external pure returns (address) {
        return governanceAddress;
    }

    function state(uint256 proposalId) public view override returns (ProposalState current) {
        current = super.state(proposalId);
        if (current == ProposalState.Succeeded && clock() > proposalDeadline(proposalId) + queueBlocksMax) {
            return ProposalState.Expired;
        }
        if (current == ProposalState.Queued && block.timestamp > proposalEta(proposalId) + executeSecondsMax) {
            return ProposalState.Expired;
        }
    }

    function proposalNeedsQueuing(uint256) public pure override returns (bool) {
        return true;
    }

    /// The contract holds nothing but others' deposits: governance has no business with them.
    function relay(address, uint256, bytes calldata) public payable override {
        revert NotRelayed();
    }

    function _getVotes(address account, uint256 timepoint, bytes memory) internal view override returns (uint256) {
        return IStakeVotes(stakingAddress).getPastVotes(account, timepoint);
    }

    function _executor() internal pure override returns (address) {
        return governanceAddress;
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32
    ) internal override returns (uint48) {
        uint256 delay = timelock_.getMinDelay();
        timelock_.scheduleBatch(targets, values, calldatas, 0, bytes32(proposalId), delay);
        return uint48(block.timestamp + delay);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32
    ) internal override {
        timelock_.executeBatch{value: msg.value}(targets, values, calldatas, 0, bytes32(proposalId));
    }
}
