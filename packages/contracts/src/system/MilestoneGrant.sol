// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";
import {Grant} from "./Grant.sol";
import {wholeBps} from "./System.sol";

/// @title A grant that vests in parts, each when governance confirms that its milestone was reached.
/// @notice `vestedAmount` answers for now, whatever time it is asked about: nobody knows a milestone's day beforehand.
contract MilestoneGrant is Grant {
    event Confirmed(uint256 indexed milestone, uint256 partBps);

    error NotWhole(uint256 sumBps);
    error NoSuchMilestone(uint256 milestone);
    error AlreadyConfirmed(uint256 milestone);

    struct Milestone {
        uint16 partBps;
        bool isConfirmed;
    }

    Milestone[] private milestones_;
    uint256 public confirmedBps;

    /// @param partsBps of each milestone, in ten thousandths that sum to the whole
    constructor(address beneficiary, uint64 start_, uint16[] memory partsBps, bool isRevocable_)
        VestingWallet(beneficiary, start_, 0)
        VestingWalletCliff(0)
        Grant(isRevocable_)
    {
        uint256 sum;
        for (uint256 i = 0; i < partsBps.length; ++i) {
            milestones_.push(Milestone(partsBps[i], false));
            sum += partsBps[i];
        }
        require(sum == wholeBps, NotWhole(sum));
    }

    /// @notice Lets the part of a milestone vest, at once and for good.
    function confirm(uint256 milestone) external onlyByGovernance {
        require(milestone < milestones_.length, NoSuchMilestone(milestone));
        Milestone storage one = milestones_[milestone];
        require(!one.isConfirmed, AlreadyConfirmed(milestone));
        one.isConfirmed = true;
        confirmedBps += one.partBps;
        emit Confirmed(milestone, one.partBps);
    }

    function milestones() external view returns (Milestone[] memory) {
        return milestones_;
    }

    function _vestingSchedule(uint256 total, uint64) internal view override returns (uint256) {
        return isRevoked ? total : total * confirmedBps / wholeBps;
    }
}
