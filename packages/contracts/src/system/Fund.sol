// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Governed} from "./Governed.sol";
import {governanceAddress} from "./System.sol";

/// @title The ecosystem fund: whatever BTT it has, governance alone spends.
/// @notice What nobody claimed of an airdrop and what was revoked of a grant comes back here. It keeps no books of its
/// own: its balance is what there is.
contract Fund is Governed {
    event Funded(address indexed from, uint256 amount);
    event Spent(address indexed to, uint256 amount);

    function initialize() external initializer {}

    receive() external payable {
        emit Funded(msg.sender, msg.value);
    }

    function spend(address payable to, uint256 amount) external onlyBy(governanceAddress) {
        emit Spent(to, amount);
        Address.sendValue(to, amount);
    }
}
