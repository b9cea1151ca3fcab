// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {governanceAddress, IParameters, parametersAddress, systemCaller} from "./System.sol";

/// @title A system contract: behind a proxy that governance alone can point elsewhere.
/// @notice State is declared in one place for each contract, and grows at its end only.
abstract contract Governed is Initializable, UUPSUpgradeable {
    error OnlyBy(address expected);

    constructor() {
        _disableInitializers();
    }

    modifier onlyBy(address expected) {
        require(msg.sender == expected, OnlyBy(expected));
        _;
    }

    function _authorizeUpgrade(address) internal view override onlyBy(governanceAddress) {}

    function parameter(bytes32 name) internal view returns (uint256) {
        return IParameters(parametersAddress).get(name);
    }
}
