// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "./Governed.sol";
import {
    governanceAddress,
    IRewards,
    IStaking,
    rewardScale,
    stakingAddress,
    validatorsAddress,
    wholeBps
} from "./System.sol";

/// @title What the chain pays its validators for each block, and the community pool.
/// @notice The tips of a block and the withdrawals that mint come as plain balance. What was not `accounted` for yet at
/// the next block is told apart by what had been ordered: `mintGwei` is for the chain to mint in the block in which it
/// was set. Of every block a part is its proposer's, the more votes it included the more; the rest is shared among
/// those who voted by their power. Fractions are carried, never lost.
contract Rewards is Governed, IRewards {
    /// A member of the set that signs now, or what one that left is still owed.
    struct Voter {
        uint64 weight;
        /// Block in which an absence was noted last.
        uint48 absentAt;
        /// Whole base units for proposing.
        uint128 proposed;
        /// `perWeight` up to which `owed` is counted.
        uint256 perWeight;
        /// Times `rewardScale`: of blocks that it did not sign, to be taken from what its weight has earned.
        uint256 excluded;
        /// Times `rewardScale`: the fraction that the last settlement left.
        uint256 owed;
    }

    event BlockRewarded(address indexed proposer, uint256 forProposer, uint256 forVoters);
    event Ordered(uint256 forVoters, uint256 forCommunity);
    event Funded(address indexed from, uint256 amount);
    event Spent(address indexed to, uint256 amount);

    error NotEnough(uint256 pool);
    error TransferFailed(address to, uint256 amount);

    IStaking private constant staking = IStaking(stakingAddress);
    uint256 public constant yearSeconds = 365 days;
    /// What a halted chain did not do is not paid for when it goes on.
    uint256 public constant issueGapSecondsMax = 1 hours;
    uint256 private constant gwei_ = 1e9;
    uint256 private constant factorWhole = 1e18;

    mapping(address validator => Voter) private voters;
    address[] private members;
    uint256 public totalWeight;
    /// What a unit of weight has earned over all time, times `rewardScale`, and what its last division left over.
    uint256 public perWeight;
    uint256 public carry;
    /// Of blocks that nobody could be paid for; goes to the next.
    uint256 public undivided;
    /// All that the contract owes: of its balance, what it knows.
    uint256 public accounted;
    uint256 public communityPool;

    /// Whole gwei in base units, minted in this block.
    uint256 public orderedForVoters;
    uint256 public orderedForCommunity;
    /// Due and not ordered yet: fractions of a gwei, and of a base unit (in `yearSeconds`-ths).
    uint256 public voterDust;
    uint256 public communityDust;
    uint256 public issueCarry;
    uint48 public lastIssueAt;
    uint48 public yearStartedAt;
    /// What is left of the issue of the first year, of `factorWhole`.
    uint64 public issueFactor;

    function initialize() external initializer {
        issueFactor = uint64(factorWhole);
    }

    // The chain, through Validators

    function distribute(address proposer, address[] calldata absent, uint256 baseFees)
        external
        onlyBy(validatorsAddress)
    {
        uint256 arrived = address(this).balance - accounted;
        accounted += arrived;
        uint256 forCommunity = Math.min(orderedForCommunity, arrived);
        communityPool += forCommunity;
        divide(arrived - forCommunity + undivided, proposer, absent);
        order(baseFees);
    }

    /// @notice The set whose votes are reported from now on, with its power.
    function activate(address[] calldata next, uint256[] calldata weights) external onlyBy(validatorsAddress) {
        for (uint256 i = 0; i < members.length; ++i) {
            settle(members[i]);
            voters[members[i]].weight = 0;
        }
        uint256 total;
        for (uint256 i = 0; i < next.length; ++i) {
            Voter storage voter = voters[next[i]];
            voter.weight = uint64(weights[i]); // power, which is 64 bits
            voter.perWeight = perWeight;
            total += weights[i];
        }
        members = next;
        totalWeight = total;
    }

    /// @notice Pays no more for the votes of `validator`.
    function drop(address validator) external onlyBy(validatorsAddress) {
        settle(validator);
        totalWeight -= voters[validator].weight;
        voters[validator].weight = 0;
    }

    // Everybody

    /// @notice Hands what a validator has earned to its pool in Staking.
    function settle(address validator) public {
        Voter storage voter = voters[validator];
        uint256 gained = voter.weight * (perWeight - voter.perWeight);
        uint256 scaled = voter.owed + gained - voter.excluded;
        uint256 amount = scaled / rewardScale + voter.proposed;
        if (voter.perWeight != perWeight) voter.perWeight = perWeight;
        if (voter.excluded != 0) voter.excluded = 0;
        if (voter.owed != scaled % rewardScale) voter.owed = scaled % rewardScale;
        if (amount == 0) return;
        voter.proposed = 0;
        accounted -= amount;
        staking.reward{value: amount}(validator);
    }

    /// @notice Adds the value sent to the community pool.
    function fund() external payable {
        communityPool += msg.value;
        accounted += msg.value;
        emit Funded(msg.sender, msg.value);
    }

    // Governance

    function spend(address to, uint256 amount) external onlyBy(governanceAddress) {
        require(amount <= communityPool, NotEnough(communityPool));
        communityPool -= amount;
        accounted -= amount;
        emit Spent(to, amount);
        (bool sent,) = to.call{value: amount}("");
        require(sent, TransferFailed(to, amount));
    }

    // Views

    /// @notice What the chain mints in this block, in gwei, by withdrawals to this address of at most 2^64 - 1 each.
    function mintGwei() external view returns (uint256) {
        return (orderedForVoters + orderedForCommunity) / gwei_;
    }

    /// @notice What `settle` would hand over, times `rewardScale`.
    function owedTo(address validator) external view returns (uint256 scaled) {
        Voter storage voter = voters[validator];
        scaled = voter.owed + voter.weight * (perWeight - voter.perWeight) - voter.excluded;
        return scaled + voter.proposed * rewardScale;
    }

    function weightOf(address validator) external view returns (uint256) {
        return voters[validator].weight;
    }

    // Inside

    function divide(uint256 pot, address proposer, address[] calldata absent) private {
        uint256 signed = totalWeight - absentWeight(absent);
        if (signed == 0) {
            undivided = pot;
            excuse(absent, 0);
            return;
        }
        undivided = 0;
        uint256 forProposer;
        if (voters[proposer].weight > 0) {
            // Down: what the proposer does not get the voters do.
            forProposer = Math.mulDiv(pot * parameter("proposerBps"), signed, totalWeight * wholeBps);
            voters[proposer].proposed += uint128(forProposer); // at most the supply
        }
        uint256 scaled = (pot - forProposer) * rewardScale + carry;
        uint256 each = scaled / signed;
        carry = scaled % signed;
        perWeight += each;
        excuse(absent, each);
        emit BlockRewarded(proposer, forProposer, pot - forProposer);
    }

    function absentWeight(address[] calldata absent) private returns (uint256 weight) {
        for (uint256 i = 0; i < absent.length; ++i) {
            Voter storage voter = voters[absent[i]];
            if (voter.weight == 0 || voter.absentAt == block.number) continue;
            voter.absentAt = uint48(block.number);
            weight += voter.weight;
        }
    }

    /// Takes from each of the absent what its weight has just been given.
    function excuse(address[] calldata absent, uint256 each) private {
        for (uint256 i = 0; i < absent.length; ++i) {
            Voter storage voter = voters[absent[i]];
            if (voter.weight == 0 || voter.absentAt != block.number) continue;
            voter.absentAt = 0; // once, though it be named twice
            voter.excluded += voter.weight * each;
        }
    }

    function order(uint256 baseFees) private {
        uint256 burned = parameter("baseFeeBurnBps");
        uint256 voterDue = voterDust + issue();
        uint256 communityDue = communityDust + Math.mulDiv(baseFees, wholeBps - burned, wholeBps); // down: burned
        (voterDust, communityDust) = (voterDue % gwei_, communityDue % gwei_);
        (orderedForVoters, orderedForCommunity) = (voterDue - voterDust, communityDue - communityDust);
        emit Ordered(orderedForVoters, orderedForCommunity);
    }

    /// What the time since the last block issues, to the base unit; the rest of the division is carried.
    function issue() private returns (uint256 amount) {
        if (yearStartedAt == 0) (yearStartedAt, lastIssueAt) = (uint48(block.timestamp), uint48(block.timestamp));
        if (block.timestamp >= yearStartedAt + yearSeconds) {
            yearStartedAt += uint48(yearSeconds);
            issueFactor = uint64(issueFactor * (wholeBps - parameter("issueDecayBps")) / wholeBps); // down: less issue
        }
        uint256 time = Math.min(block.timestamp - lastIssueAt, issueGapSecondsMax);
        lastIssueAt = uint48(block.timestamp);
        if (totalWeight == 0) return 0;
        uint256 scaled = Math.mulDiv(parameter("issuePerYear"), issueFactor, factorWhole) * time + issueCarry;
        issueCarry = scaled % yearSeconds;
        return scaled / yearSeconds;
    }
}
