// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governed} from "./Governed.sol";
import {governanceAddress, IGuardian} from "./System.sol";

/// @title Who may stop payments out of Staking for a while, in an emergency.
/// @notice A pause ends by itself after `pauseSeconds`, as that was when it began, and nothing makes it longer. The
/// guardian has one: only governance gives it another, by appointing it anew. Governance is never paused, so it can
/// end a pause and take the guardian away whatever the guardian does.
contract Guardian is Governed, IGuardian {
    event Appointed(address indexed guardian);
    event Paused(uint256 until);
    event Unpaused();

    error NoPauseLeft();
    error NotPaused();

    /// Zero: nobody can pause.
    address public guardian;
    bool public mayPause;
    /// Chain time; payments are stopped before it.
    uint48 public pausedUntil;

    /// @param first zero: none
    function initialize(address first) external initializer {
        appoint_(first);
    }

    /// @notice Stops payments out of Staking.
    function pause() external onlyBy(guardian) {
        require(mayPause && !isPaused(), NoPauseLeft());
        mayPause = false;
        pausedUntil = uint48(block.timestamp + parameter("pauseSeconds"));
        emit Paused(pausedUntil);
    }

    /// @notice Ends the pause before its time.
    function unpause() external {
        require(msg.sender == guardian || msg.sender == governanceAddress, OnlyBy(guardian));
        require(isPaused(), NotPaused());
        pausedUntil = uint48(block.timestamp);
        emit Unpaused();
    }

    /// @notice Makes `next` the guardian, with one pause; zero: nobody is. A pause that runs goes on.
    function appoint(address next) external onlyBy(governanceAddress) {
        appoint_(next);
    }

    function isPaused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function appoint_(address next) private {
        guardian = next;
        mayPause = next != address(0);
        emit Appointed(next);
    }
}
