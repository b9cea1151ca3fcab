// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Registry} from "./Registry.sol";
import {IRewards, rewardsAddress, systemCaller} from "./System.sol";
import {TopList} from "./TopList.sol";

/// @title Who stands for election, and who is elected for an epoch.
/// @notice No sorted set is kept, since every delegation would have to sort it. There are at most `candidatesMax`
/// candidates; a new one must have more stake than the least of them, whose place it takes. At the end of an epoch all
/// are read once and the top ones picked by a heap in memory, so the cost has a bound however many validators exist.
abstract contract Election is Registry {
    using Checkpoints for Checkpoints.Trace208;
    using TopList for TopList.List;

    event Entered(address indexed validator);
    event Withdrew(address indexed validator);
    event EpochEnded(uint256 indexed epoch, uint256 members, uint256 signsFrom);

    error NotEligible(address validator);
    error NotACandidate(address validator);
    error NotEnoughStake(uint256 least);
    error EpochRuns(uint256 untilBlock);

    /// Bounds an election: see gas.json.
    uint256 public constant candidatesMax = 128;
    /// CometBFT lets a set that it is given at height h sign from h + 2 on.
    uint256 public constant setDelayBlocks = 2;
    /// One unit of power.
    uint256 public constant powerUnit = 1e18;

    IRewards internal constant rewards = IRewards(rewardsAddress);

    /// @notice Makes the caller a candidate: an active validator with enough stake of its own.
    function enter() external {
        stand(msg.sender);
    }

    /// @notice The caller stands for no further election. It serves to the end of the epoch.
    function withdrawCandidacy() external {
        require(registry[msg.sender].candidacy > 0, NotACandidate(msg.sender));
        dismiss(msg.sender);
    }

    /// @notice Ends an epoch that has lasted long enough and elects the set of the next. When nobody can be elected
    /// the old set stays: a chain without validators could never elect any. What is elected in block 0 signs at once.
    function endEpoch() external onlyBy(systemCaller) {
        uint256 until = epochEnd();
        require(block.number >= until, EpochRuns(until));
        epoch_ += 1;
        epochStartedAt = uint48(block.number);
        uint48 signsFrom = uint48(block.number == 0 ? 1 : block.number + setDelayBlocks);
        signingEpoch.push(signsFrom, epoch_);
        address[] memory list = candidates_;
        (uint256[] memory pools, uint256[] memory own) = staking.stakesOf(list);
        TopList.List memory top = pick(list, pools, own);
        if (top.count > 0) install(top, list, signsFrom);
        emit EpochEnded(epoch_, elected_.length, signsFrom);
    }

    function epochDue() external view returns (bool) {
        return block.number >= epochEnd();
    }

    /// @notice The block in which the epoch can end. Epoch 0 is before the first election and waits for nothing.
    function epochEnd() public view returns (uint256) {
        return epoch_ == 0 ? 0 : epochStartedAt + parameter("epochBlocks");
    }

    /// Dismisses the candidates that have no right to stand any more and picks the top of the others.
    function pick(address[] memory list, uint256[] memory pools, uint256[] memory own)
        private
        returns (TopList.List memory top)
    {
        top = TopList.create(parameter("validatorsMax"));
        uint256 ownLeast = parameter("selfStakeMin");
        for (uint256 i = 0; i < list.length; ++i) {
            if (own[i] < ownLeast) {
                dismiss(list[i]);
                continue;
            }
            // Stake, then who came first, then where it is in the list: 128 + 64 + 16 bits.
            uint256 seniority = type(uint64).max - registry[list[i]].number;
            top.offer(pools[i] << 80 | seniority << 16 | i);
        }
    }

    function install(TopList.List memory top, address[] memory list, uint48 signsFrom) private {
        Member[] memory old = elected_;
        delete elected_;
        for (uint256 i = 0; i < top.count; ++i) {
            uint256 stake = top.kept[i] >> 80;
            address validator = list[top.kept[i] & type(uint16).max];
            Validator storage one = registry[validator];
            one.electedEpoch = epoch_;
            if (one.electedKey != one.consensusKey) one.electedKey = one.consensusKey;
            elected_.push(Member(validator, SafeCast.toUint64(stake / powerUnit)));
            setStake(validator, signsFrom, stake);
        }
        for (uint256 i = 0; i < old.length; ++i) {
            if (registry[old[i].validator].electedEpoch != epoch_) setStake(old[i].validator, signsFrom, 0);
        }
        pendingFrom = signsFrom;
        setVersion += 1;
    }

    /// Begins to count what a new set does, when the first block that it signed is reported.
    function activatePending() internal {
        if (pendingFrom == 0 || block.number <= pendingFrom) return;
        pendingFrom = 0;
        Member[] memory list = elected_;
        address[] memory members = new address[](list.length);
        uint256[] memory weights = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            (members[i], weights[i]) = (list[i].validator, list[i].power);
        }
        rewards.activate(members, weights);
    }

    /// Takes a validator out of the set, unless it is the last: a chain of none could not go on.
    function expel(address validator) internal {
        if (registry[validator].candidacy > 0) dismiss(validator);
        for (uint256 i = 0; i < elected_.length && elected_.length > 1; ++i) {
            if (elected_[i].validator != validator) continue;
            elected_[i] = elected_[elected_.length - 1];
            elected_.pop();
            registry[validator].electedEpoch = 0;
            setStake(validator, uint48(block.number + setDelayBlocks), 0);
            rewards.drop(validator);
            setVersion += 1;
        }
    }

    function stand(address validator) internal {
        Validator storage one = registered(validator);
        require(one.candidacy == 0 && one.status == Status.Active, NotEligible(validator));
        // While there is room the others' stakes do not matter.
        uint256 last = candidates_.length < candidatesMax ? 0 : candidatesMax;
        address[] memory list = new address[](last + 1);
        for (uint256 i = 0; i < last; ++i) {
            list[i] = candidates_[i];
        }
        list[last] = validator;
        (uint256[] memory pools, uint256[] memory own) = staking.stakesOf(list);
        require(own[last] >= parameter("selfStakeMin"), NotEligible(validator));
        if (last > 0) dismiss(list[leastOf(pools, last)]);
        candidates_.push(validator);
        one.candidacy = uint16(candidates_.length); // at most `candidatesMax`
        emit Entered(validator);
    }

    function dismiss(address validator) private {
        uint256 place = registry[validator].candidacy;
        address last = candidates_[candidates_.length - 1];
        candidates_[place - 1] = last;
        registry[last].candidacy = uint16(place);
        candidates_.pop();
        registry[validator].candidacy = 0;
        emit Withdrew(validator);
    }

    function setStake(address validator, uint48 from, uint256 stake) private {
        Checkpoints.Trace208 storage trace = electedStake[validator];
        if (trace.latest() != stake) trace.push(from, SafeCast.toUint208(stake));
    }

    /// The place of the least among `pools[0..last)`, which must be below `pools[last]`.
    function leastOf(uint256[] memory pools, uint256 last) private pure returns (uint256 least) {
        for (uint256 i = 1; i < last; ++i) {
            if (pools[i] < pools[least]) least = i;
        }
        require(pools[last] > pools[least], NotEnoughStake(pools[least]));
    }
}
