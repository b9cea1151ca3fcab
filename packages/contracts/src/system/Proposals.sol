// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Ballots} from "./Ballots.sol";
import {Governed} from "./Governed.sol";
import {burnAddress, IStakeVotes, stakingAddress, wholeBps} from "./System.sol";

/// @title What it takes to propose, and when a proposal has passed.
/// @notice The terms of a proposal are those of the block in which it was made: what is voted on later changes no
/// outcome. A deposit is burned when the proposal is vetoed or too few voted; otherwise its proposer gets it back,
/// passed or not. The contract's BTT is the deposits that are not settled.
abstract contract Proposals is Ballots, Governed {
    struct Terms {
        uint128 deposit;
        uint48 proposedAt;
        uint16 quorumBps;
        uint16 passBps;
        uint16 vetoBps;
        bool isSettled;
    }

    event DepositReturned(uint256 indexed proposalId, address indexed proposer, uint256 amount);
    event DepositBurned(uint256 indexed proposalId, uint256 amount);

    error WrongDeposit(uint256 needed);
    error NoSuchProposal(uint256 proposalId);
    error NotDecided(uint256 proposalId);
    error AlreadySettled(uint256 proposalId);
    error TooLong();
    error TransferFailed(address to, uint256 amount);

    uint256 public constant actionsMax = 16;
    uint256 public constant descriptionBytesMax = 10_000;

    mapping(uint256 proposalId => Terms) private terms;
    uint256 public totalDeposits;

    /// @notice Proposals need a deposit: see `proposeWithDeposit`.
    function propose(address[] memory, uint256[] memory, bytes[] memory, string memory)
        public
        view
        override
        returns (uint256)
    {
        revert WrongDeposit(parameter("proposalDeposit"));
    }

    /// @notice The same with the deposit, which is the value sent.
    function proposeWithDeposit(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) external payable returns (uint256 proposalId) {
        uint256 needed = parameter("proposalDeposit");
        require(msg.value == needed, WrongDeposit(needed));
        require(targets.length <= actionsMax && bytes(description).length <= descriptionBytesMax, TooLong());
        require(_isValidDescriptionForProposer(msg.sender, description), GovernorRestrictedProposer(msg.sender));
        proposalId = _propose(targets, values, calldatas, description, msg.sender);
        totalDeposits += needed;
        terms[proposalId] = Terms({
            deposit: uint128(needed), // parameters are 128 bits, and the rates among them at most `wholeBps`
            proposedAt: uint48(block.number),
            quorumBps: uint16(parameter("quorumBps")),
            passBps: uint16(parameter("passBps")),
            vetoBps: uint16(parameter("vetoBps")),
            isSettled: false
        });
    }

    /// @notice Returns or burns the deposit of a proposal that is decided. Anybody may call it.
    function settleDeposit(uint256 proposalId) external {
        Terms storage one = termsFor(proposalId);
        ProposalState current = state(proposalId);
        require(current != ProposalState.Pending && current != ProposalState.Active, NotDecided(proposalId));
        require(!one.isSettled, AlreadySettled(proposalId));
        one.isSettled = true;
        uint256 amount = one.deposit;
        totalDeposits -= amount;
        bool isLost = current == ProposalState.Defeated && (isVetoed(proposalId) || !_quorumReached(proposalId));
        address to = isLost ? burnAddress : proposalProposer(proposalId);
        if (isLost) emit DepositBurned(proposalId, amount);
        else emit DepositReturned(proposalId, to, amount);
        (bool sent,) = to.call{value: amount}("");
        require(sent, TransferFailed(to, amount));
    }

    function termsOf(uint256 proposalId) external view returns (Terms memory) {
        return termsFor(proposalId);
    }

    /// @notice Whether those who vetoed are more than the part of all votes that it takes.
    function isVetoed(uint256 proposalId) public view returns (bool) {
        (uint256[4] memory votes, uint256 all) = tally(proposalId);
        return votes[uint8(Choice.Veto)] * wholeBps > all * termsFor(proposalId).vetoBps;
    }

    /// @notice What a proposal that was made now would need at a snapshot, in votes of any kind.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        return share(timepoint, parameter("quorumBps"));
    }

    /// @notice What this proposal needs; its snapshot is past.
    function quorumOf(uint256 proposalId) public view returns (uint256) {
        return share(proposalSnapshot(proposalId), termsFor(proposalId).quorumBps);
    }

    function votingDelay() public view override returns (uint256) {
        return parameter("votingDelayBlocks");
    }

    function votingPeriod() public view override returns (uint256) {
        return parameter("votingPeriodBlocks");
    }

    function _quorumReached(uint256 proposalId) internal view override returns (bool) {
        (, uint256 all) = tally(proposalId);
        return all > 0 && all >= quorumOf(proposalId);
    }

    function _voteSucceeded(uint256 proposalId) internal view override returns (bool) {
        (uint256[4] memory votes, uint256 all) = tally(proposalId);
        uint256 decisive = all - votes[uint8(Choice.Abstain)];
        bool hasPassed = votes[uint8(Choice.For)] * wholeBps > decisive * termsFor(proposalId).passBps;
        return hasPassed && !isVetoed(proposalId);
    }

    function tally(uint256 proposalId) private view returns (uint256[4] memory votes, uint256 all) {
        votes = votesOf(proposalId);
        all = votes[0] + votes[1] + votes[2] + votes[3];
    }

    /// Up: in favour of those who did not propose.
    function share(uint256 timepoint, uint256 bps) private view returns (uint256) {
        uint256 total = IStakeVotes(stakingAddress).getPastTotalSupply(timepoint);
        return Math.mulDiv(total, bps, wholeBps, Math.Rounding.Ceil);
    }

    function termsFor(uint256 proposalId) private view returns (Terms storage one) {
        one = terms[proposalId];
        require(one.proposedAt > 0, NoSuchProposal(proposalId));
    }
}
