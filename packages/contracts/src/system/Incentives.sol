// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Vault} from "../Vault.sol";
import {Governed} from "./Governed.sol";
import {IncentiveTerms, Terms} from "./IncentiveTerms.sol";
import {burnAddress, fundAddress, governanceAddress, wholeBps} from "./System.sol";

/// @title The network's incentive pool: it adds to what uploaders cash, and nobody gains by paying himself.
/// @notice No chain can tell a payer from the payee's other hand. So the pool never pays for volume: it pays back a part
/// of what was lost for good behind a voucher, which is less than the loss whoever the parties are. Two losses count:
/// what somebody burned for a payer (`back`), and the gas of cashing (`cashMany`). docs/incentives.md has the argument.
contract Incentives is Governed, ReentrancyGuardTransient {
    using IncentiveTerms for Terms;

    /// What may still be paid for vouchers of a payer, and what was paid on its day.
    struct Payer {
        uint128 credit;
        uint48 day;
        uint80 paid;
    }

    /// Up to which sum of the vault's `cashed` a pair was rewarded, and what was paid on its day.
    struct Pair {
        uint128 counted;
        uint48 day;
        uint80 paid;
    }

    struct Day {
        uint48 day;
        uint128 paid;
    }

    event BackedPayer(address indexed payer, address indexed from, uint256 burned, uint256 credit);
    event Rewarded(address indexed payee, uint256 forBacked, uint256 forGas);
    event TermsSet(Terms terms);
    event Returned(uint256 toFund);
    event Funded(address indexed from, uint256 amount);

    error NothingBurned();
    error NoVouchers();
    error OnePayeeAtATime(address payee, address other);

    /// What every transaction pays before it runs.
    uint256 private constant intrinsicGas = 21_000;

    Vault public immutable vault;

    Terms private terms_;
    Day private allDays;
    mapping(address payee => Day) private payeeDays;
    mapping(address payer => Payer) private payers;
    mapping(address payer => mapping(address payee => Pair)) private pairs;

    constructor(Vault vault_) {
        vault = vault_;
    }

    function initialize(Terms calldata first) external initializer {
        first.check();
        terms_ = first;
        emit TermsSet(first);
    }

    receive() external payable {
        emit Funded(msg.sender, msg.value);
    }

    // Governance

    function setTerms(Terms calldata next) external onlyBy(governanceAddress) {
        next.check();
        terms_ = next;
        emit TermsSet(next);
    }

    function returnToFund(uint256 amount) external onlyBy(governanceAddress) {
        emit Returned(amount);
        Address.sendValue(payable(fundAddress), amount);
    }

    // Payers

    /// @notice Burns the value sent, for ever. A part of it, below the whole, is paid out to those who cash vouchers of
    /// `payer`, as a share of what they cash.
    function back(address payer) external payable {
        require(msg.value > 0, NothingBurned());
        uint256 credit = Math.mulDiv(msg.value, terms_.backedBps, wholeBps); // down: against who burns
        payers[payer].credit += uint128(credit); // far below the supply, which is below 2^128
        emit BackedPayer(payer, msg.sender, msg.value, credit);
        Address.sendValue(payable(burnAddress), msg.value);
    }

    // Payees

    /// @notice Cashes vouchers of one payee into its own vault balance, as the vault's `cashMany` does, and adds what
    /// the backing of the payers named gives, and a part of the gas unless a contract calls. Anybody may order it.
    /// @param backed payers whose backing is asked for; each costs gas, so those without any are better left out
    function cashMany(Vault.SignedVoucher[] calldata vouchers, address[] calldata backed)
        external
        nonReentrant
        returns (uint256 cashed, uint256 reward)
    {
        uint256 gasBefore = gasleft();
        require(vouchers.length > 0, NoVouchers());
        address payee = vouchers[0].payee;
        for (uint256 i = 1; i < vouchers.length; ++i) {
            require(vouchers[i].payee == payee, OnePayeeAtATime(payee, vouchers[i].payee));
        }
        cashed = vault.cashMany(vouchers, address(0));
        Terms memory terms__ = terms_;
        uint256 room = roomOf(payee, terms__);
        uint256 forBacked = takeBacked(payee, backed, room, terms__);
        uint256 forGas = Math.min(gasShareOf(cashed, gasBefore, terms__), room - forBacked);
        reward = forBacked + forGas;
        pay(payee, forBacked, forGas);
    }

    /// @notice The same for vouchers that were cashed before, without any gas paid back.
    function claim(address payee, address[] calldata backed) external nonReentrant returns (uint256 reward) {
        Terms memory terms__ = terms_;
        reward = takeBacked(payee, backed, roomOf(payee, terms__), terms__);
        pay(payee, reward, 0);
    }

    // Views

    function terms() external view returns (Terms memory) {
        return terms_;
    }

    /// @notice What may still be paid for vouchers of `payer`.
    function creditOf(address payer) external view returns (uint256) {
        return payers[payer].credit;
    }

    /// @notice What was paid today: to all, and to `payee`.
    function paidToday(address payee) external view returns (uint256 all, uint256 toPayee) {
        return (paidOn(allDays), paidOn(payeeDays[payee]));
    }

    // Inside

    /// What may be paid to `payee` today, out of what there is.
    function roomOf(address payee, Terms memory terms__) private view returns (uint256) {
        uint256 ofAll = Math.saturatingSub(terms__.dayMost(), paidOn(allDays));
        uint256 ofPayee = Math.saturatingSub(terms__.payeeDayMost(), paidOn(payeeDays[payee]));
        return Math.min(Math.min(ofAll, ofPayee), address(this).balance);
    }

    /// Takes out of the payers' credits what `payee` cashed of them since it was last rewarded for.
    function takeBacked(address payee, address[] calldata backed, uint256 room, Terms memory terms__)
        private
        returns (uint256 taken)
    {
        for (uint256 i = 0; i < backed.length && taken < room; ++i) {
            taken += takePair(backed[i], payee, room - taken, terms__);
        }
    }

    function takePair(address payer, address payee, uint256 room, Terms memory terms__)
        private
        returns (uint256 amount)
    {
        Payer memory from = payers[payer];
        if (from.credit == 0) return 0;
        Pair memory pair = pairs[payer][payee];
        uint48 today = today_();
        if (from.day != today) (from.day, from.paid) = (today, 0);
        if (pair.day != today) (pair.day, pair.paid) = (today, 0);
        amount = Math.mulDiv(vault.cashed(payer, payee) - pair.counted, terms__.rewardBps, wholeBps); // down
        amount = Math.min(Math.min(amount, from.credit), room);
        amount = Math.min(amount, Math.saturatingSub(terms__.payerDayMost(), from.paid));
        amount = Math.min(amount, Math.saturatingSub(terms__.pairDayMost(), pair.paid));
        if (amount == 0) return 0;
        // What is above today's limits waits. Up: what was counted is never rewarded again. At most `cashed`.
        pair.counted += uint128(Math.mulDiv(amount, wholeBps, terms__.rewardBps, Math.Rounding.Ceil));
        pair.paid += uint80(amount); // both limits of a day are below 2^80
        from.paid += uint80(amount);
        from.credit -= uint128(amount);
        pairs[payer][payee] = pair;
        payers[payer] = from;
    }

    /// What comes back of the gas since `gasBefore`, when the caller is who pays for it: a transaction's signer without
    /// code, so that this is all that the transaction does. A contract could have others pay its gas.
    function gasShareOf(uint256 cashed, uint256 gasBefore, Terms memory terms__) private view returns (uint256) {
        if (msg.sender != tx.origin || msg.sender.code.length > 0) return 0;
        return terms__.gasShare(cashed, gasBefore - gasleft() + intrinsicGas);
    }

    function pay(address payee, uint256 forBacked, uint256 forGas) private {
        uint256 amount = forBacked + forGas;
        if (amount == 0) return;
        note(allDays, amount);
        note(payeeDays[payee], amount);
        emit Rewarded(payee, forBacked, forGas);
        vault.depositFor{value: amount}(payee);
    }

    function note(Day storage one, uint256 amount) private {
        // The pool's balance is below 2^128.
        (one.paid, one.day) = (uint128(paidOn(one) + amount), today_());
    }

    function paidOn(Day storage one) private view returns (uint256) {
        return one.day == today_() ? one.paid : 0;
    }

    function today_() private view returns (uint48) {
        return uint48(block.timestamp / 1 days);
    }
}
