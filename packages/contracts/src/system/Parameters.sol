// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governed} from "./Governed.sol";
import {governanceAddress, IParameters} from "./System.sol";

/// @title The chain's parameters by name, each within bounds that nobody can move but by an upgrade.
contract Parameters is Governed, IParameters {
    struct Definition {
        bytes32 name;
        uint128 value;
        uint128 least;
        uint128 most;
    }

    struct Parameter {
        uint128 value;
        bool isDefined;
        uint128 least;
        uint128 most;
    }

    event Defined(bytes32 indexed name, uint256 least, uint256 most);
    event Set(bytes32 indexed name, uint256 value);

    error Unknown(bytes32 name);
    error AlreadyDefined(bytes32 name);
    error OutOfBounds(bytes32 name, uint256 value, uint256 least, uint256 most);

    mapping(bytes32 name => Parameter) private parameters;
    bytes32[] private names_;

    function initialize(Definition[] calldata first) external initializer {
        for (uint256 i = 0; i < first.length; ++i) {
            add_(first[i]);
        }
    }

    /// @notice Adds a parameter. Its bounds are for good.
    function add(Definition calldata definition) external onlyBy(governanceAddress) {
        add_(definition);
    }

    function set(bytes32 name, uint256 value) external onlyBy(governanceAddress) {
        require(parameters[name].isDefined, Unknown(name));
        set_(name, value);
    }

    function get(bytes32 name) external view returns (uint256) {
        Parameter storage one = parameters[name];
        require(one.isDefined, Unknown(name));
        return one.value;
    }

    function boundsOf(bytes32 name) external view returns (uint256 least, uint256 most) {
        require(parameters[name].isDefined, Unknown(name));
        return (parameters[name].least, parameters[name].most);
    }

    function names() external view returns (bytes32[] memory) {
        return names_;
    }

    function add_(Definition calldata definition) private {
        bytes32 name = definition.name;
        require(!parameters[name].isDefined, AlreadyDefined(name));
        parameters[name] = Parameter(0, true, definition.least, definition.most);
        names_.push(name);
        emit Defined(name, definition.least, definition.most);
        set_(name, definition.value);
    }

    function set_(bytes32 name, uint256 value) private {
        Parameter storage one = parameters[name];
        bool fits = value >= one.least && value <= one.most;
        require(fits, OutOfBounds(name, value, one.least, one.most));
        one.value = uint128(value); // at most `most`
        emit Set(name, value);
    }
}
