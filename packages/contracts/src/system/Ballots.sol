// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakeVotes, stakingAddress} from "./System.sol";

/// @title Who voted for what, and with how much.
/// @notice A validator votes (`castVote`) with its whole pool as it was in the block of the snapshot, less the parts
/// whose owners vote themselves. A delegator votes with its own part of a pool (`castOverride`), before or after the
/// validator, whose vote shrinks by exactly that. Parts are rounded down and sum to no more than the pool, so no base
/// unit of stake counts twice. A vote is final.
abstract contract Ballots is GovernorStorage {
    /// The first three as Governor Bravo numbers them.
    enum Choice {
        Against,
        For,
        Abstain,
        Veto
    }

    struct Ballot {
        /// The choice + 1; 0: has not voted.
        uint8 cast;
        /// Of the pool, what its delegators vote with themselves.
        uint208 overridden;
    }

    struct Poll {
        uint256[4] votes;
        mapping(address validator => Ballot) ballots;
        mapping(address validator => mapping(address delegator => bool)) isOverridden;
    }

    event OverrideCast(
        address indexed delegator,
        address indexed validator,
        uint256 indexed proposalId,
        uint8 support,
        uint256 weight,
        string reason
    );

    error NothingToVoteWith(address account);
    error AlreadyOverridden(address validator, address delegator);
    error NoSignedVotes();
    error TooManyPools();

    uint256 public constant overridesMax = 32;

    mapping(uint256 proposalId => Poll) private polls;

    function COUNTING_MODE() public pure override returns (string memory) {
        return "support=bravo,veto&quorum=against,for,abstain,veto&overridable=true";
    }

    /// @notice Votes with the caller's own part of each of these pools.
    function castOverride(uint256 proposalId, uint8 support, address[] calldata validators, string calldata reason)
        external
        returns (uint256 weight)
    {
        _validateStateBitmap(proposalId, _encodeStateBitmap(ProposalState.Active));
        require(support <= uint8(Choice.Veto), GovernorInvalidVoteType());
        require(validators.length <= overridesMax, TooManyPools());
        for (uint256 i = 0; i < validators.length; ++i) {
            weight += override_(proposalId, support, validators[i], reason);
        }
    }

    function hasVoted(uint256 proposalId, address account) public view override returns (bool) {
        return polls[proposalId].ballots[account].cast != 0;
    }

    /// @notice A validator's choice + 1, 0 when it has not voted; and what its delegators vote with themselves.
    function ballotOf(uint256 proposalId, address validator) external view returns (uint8 cast, uint256 overridden) {
        Ballot storage ballot = polls[proposalId].ballots[validator];
        return (ballot.cast, ballot.overridden);
    }

    function hasOverridden(uint256 proposalId, address validator, address delegator) external view returns (bool) {
        return polls[proposalId].isOverridden[validator][delegator];
    }

    /// @notice By `Choice`.
    function votesOf(uint256 proposalId) public view returns (uint256[4] memory) {
        return polls[proposalId].votes;
    }

    function _countVote(uint256 proposalId, address account, uint8 support, uint256 pool, bytes memory)
        internal
        override
        returns (uint256 weight)
    {
        Poll storage poll = polls[proposalId];
        Ballot storage ballot = poll.ballots[account];
        require(support <= uint8(Choice.Veto), GovernorInvalidVoteType());
        require(ballot.cast == 0, GovernorAlreadyCastVote(account));
        weight = pool - ballot.overridden;
        require(weight > 0, NothingToVoteWith(account));
        ballot.cast = support + 1;
        poll.votes[support] += weight;
    }

    /// A base unit more or less than a part, by rounding, stays with the pool.
    function override_(uint256 proposalId, uint8 support, address validator, string calldata reason)
        private
        returns (uint256 weight)
    {
        Poll storage poll = polls[proposalId];
        require(!poll.isOverridden[validator][msg.sender], AlreadyOverridden(validator, msg.sender));
        weight = IStakeVotes(stakingAddress).getPastPart(validator, msg.sender, proposalSnapshot(proposalId));
        require(weight > 0, NothingToVoteWith(msg.sender));
        poll.isOverridden[validator][msg.sender] = true;
        Ballot storage ballot = poll.ballots[validator];
        ballot.overridden += SafeCast.toUint208(weight);
        if (ballot.cast > 0) poll.votes[ballot.cast - 1] -= weight;
        poll.votes[support] += weight;
        emit OverrideCast(msg.sender, validator, proposalId, support, weight, reason);
    }

    /// OpenZeppelin's domain has no room for the genesis hash: what is signed here would hold on every chain of this id.
    function _validateVoteSig(uint256, uint8, address, bytes memory) internal pure override returns (bool) {
        revert NoSignedVotes();
    }

    function _validateExtendedVoteSig(uint256, uint8, address, string memory, bytes memory, bytes memory)
        internal
        pure
        override
        returns (bool)
    {
        revert NoSignedVotes();
    }
}
