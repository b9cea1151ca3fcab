// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Governed} from "./Governed.sol";
import {governorAddress} from "./System.sol";

/// @title Whatever governance does, this contract does it, some time after it was decided.
/// @notice It alone sets parameters, spends the community pool and upgrades. The governor alone schedules here and
/// executes; nobody administers it but itself. Its delay is a parameter, so that it has bounds.
contract Timelock is TimelockController, Governed {
    error DelayIsAParameter();

    constructor() TimelockController(0, new address[](0), new address[](0), address(0)) {}

    function initialize() external initializer {
        _grantRole(DEFAULT_ADMIN_ROLE, address(this));
        _grantRole(PROPOSER_ROLE, governorAddress);
        _grantRole(CANCELLER_ROLE, governorAddress);
        _grantRole(EXECUTOR_ROLE, governorAddress);
    }

    function getMinDelay() public view override returns (uint256) {
        return parameter("timelockDelaySeconds");
    }

    function updateDelay(uint256) public pure override {
        revert DelayIsAParameter();
    }
}
