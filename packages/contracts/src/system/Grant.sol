// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {fundAddress, governanceAddress} from "./System.sol";

/// @title BTT that becomes its beneficiary's by a schedule.
/// @notice Anybody may call `release`; it pays the beneficiary, who is the owner, and he alone names another, who must
/// accept. Behind no proxy: nobody changes a schedule. BTT that comes later vests by the same schedule.
abstract contract Grant is VestingWalletCliff, Ownable2Step {
    event Revoked(uint256 toFund);

    error OnlyBy(address expected);
    error NotRevocable();
    error NobodyElse();

    /// Whether governance may take back what has not vested.
    bool public immutable isRevocable;
    /// After that nothing is waiting: all that is here is the beneficiary's.
    bool public isRevoked;

    constructor(bool isRevocable_) {
        isRevocable = isRevocable_;
    }

    modifier onlyByGovernance() {
        require(msg.sender == governanceAddress, OnlyBy(governanceAddress));
        _;
    }

    /// @notice Sends what has not vested to the fund. What has, stays the beneficiary's.
    function revoke() external onlyByGovernance {
        require(isRevocable && !isRevoked, NotRevocable());
        uint256 toFund = address(this).balance - releasable();
        isRevoked = true;
        emit Revoked(toFund);
        Address.sendValue(payable(fundAddress), toFund);
    }

    /// @notice Not possible: what vests then would be sent to nobody.
    function renounceOwnership() public pure override {
        revert NobodyElse();
    }

    function transferOwnership(address beneficiary) public override(Ownable, Ownable2Step) {
        super.transferOwnership(beneficiary);
    }

    function _transferOwnership(address beneficiary) internal override(Ownable, Ownable2Step) {
        super._transferOwnership(beneficiary);
    }

    /// Down: what is short vests later.
    function _vestingSchedule(uint256 total, uint64 timestamp) internal view virtual override returns (uint256) {
        return isRevoked ? total : super._vestingSchedule(total, timestamp);
    }
}
