// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {wholeBps} from "./System.sol";

/// What the incentive pool pays, in one slot. Rates are parts of ten thousand, limits whole BTT of a day (UTC).
struct Terms {
    /// Of what is cashed from a backed payer.
    uint16 rewardBps;
    /// Of what was burned for a payer.
    uint16 backedBps;
    /// Of the base fee that cashing burned, and of its tip.
    uint16 baseFeeBps;
    uint16 tipBps;
    /// Of what is cashed, the most that is paid back of its gas.
    uint16 gasOfCashedBps;
    uint40 dayMostBtt;
    uint40 payeeDayMostBtt;
    uint40 payerDayMostBtt;
    uint40 pairDayMostBtt;
}

/// @title The bounds of the pool's terms: within them no payment to oneself gains, whatever governance sets.
/// @notice A transaction is given back at most a fifth of its gas (EIP-3529), so it has paid for at least four fifths of
/// what is measured while it runs. Base fees of that are lost. Of tips, validators with less than a third of the power
/// get back at most 0.2 for proposing (the bound of `proposerBps`) and half of the rest, when a third of the power is away:
/// 0.6 in all, and 0.4 x 0.8 = 0.32 is lost for certain.
library IncentiveTerms {
    uint256 internal constant backedBpsMost = 9_000;
    uint256 internal constant baseFeeBpsMost = 7_500;
    uint256 internal constant tipBpsMost = 3_000;
    uint256 internal constant gasOfCashedBpsMost = 1_000;
    /// A day's sum of a payer or a pair is kept in 80 bits.
    uint256 internal constant pairDayMostBttMost = 1_000_000;

    error TermsOutOfBounds();

    function check(Terms memory terms) internal pure {
        bool fits = terms.rewardBps > 0 && terms.rewardBps <= wholeBps && terms.backedBps <= backedBpsMost
            && terms.baseFeeBps <= baseFeeBpsMost && terms.tipBps <= tipBpsMost
            && terms.gasOfCashedBps <= gasOfCashedBpsMost && terms.payerDayMostBtt <= pairDayMostBttMost
            && terms.pairDayMostBtt <= pairDayMostBttMost;
        require(fits, TermsOutOfBounds());
    }

    /// What is paid back of `gas` in this transaction, in which `cashed` was cashed.
    function gasShare(Terms memory terms, uint256 cashed, uint256 gas) internal view returns (uint256) {
        // EIP-1559: no transaction has a price below the base fee; a call without a transaction may.
        uint256 baseFee = Math.min(block.basefee, tx.gasprice);
        uint256 paid = baseFee * terms.baseFeeBps + (tx.gasprice - baseFee) * terms.tipBps;
        // Both down: less is paid back.
        return Math.min(gas * paid / wholeBps, Math.mulDiv(cashed, terms.gasOfCashedBps, wholeBps));
    }

    function dayMost(Terms memory terms) internal pure returns (uint256) {
        return uint256(terms.dayMostBtt) * 1 ether;
    }

    function payeeDayMost(Terms memory terms) internal pure returns (uint256) {
        return uint256(terms.payeeDayMostBtt) * 1 ether;
    }

    function payerDayMost(Terms memory terms) internal pure returns (uint256) {
        return uint256(terms.payerDayMostBtt) * 1 ether;
    }

    function pairDayMost(Terms memory terms) internal pure returns (uint256) {
        return uint256(terms.pairDayMostBtt) * 1 ether;
    }
}
