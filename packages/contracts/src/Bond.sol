// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Vault} from "./Vault.sol";

/// @title What a payer stakes on never promising more than it says.
/// @notice Vouchers of one vault name, at each `seq`, the sum of everything promised up to it. Two vouchers that cannot
/// both be true prove that their payer over-issued, for good and once: its whole bond is slashed, planned withdrawals
/// included. A sixteenth rewards the reporter. Half is for payees who show, within `claimSeconds`, what the vault owes
/// them and cannot pay, in proportion to it. The rest is burned, as is what nobody claims.
/// So whoever plays all the parts (payer, reporter and payees cannot be told from strangers) gets back at most nine
/// sixteenths of its own bond.
/// The contract's BTT is the sum of the bonds and of the pots (and whatever was forced on it).
contract Bond is ReentrancyGuardTransient {
    using SafeCast for uint256;

    struct Stake {
        uint128 amount;
        uint128 planned;
        uint64 plannedAt;
        /// When the payer was proven to over-issue; 0: it was not. Never cleared.
        uint64 provenAt;
    }

    struct Pot {
        /// For all claims together; cut down to their sum when the first is settled.
        uint256 size;
        uint256 claimed;
    }

    struct Claim {
        /// What the vault could not pay when it was claimed.
        uint128 shortfall;
        uint128 cumulative;
    }

    event Bonded(address indexed payer, address indexed from, uint256 amount);
    event BondWithdrawalPlanned(address indexed payer, uint256 amount, uint256 availableAt);
    event BondWithdrawn(address indexed payer, address indexed to, uint256 amount);
    event Overissued(address indexed payer, address indexed reporter, uint256 slashed, uint256 reward, uint256 pot);
    event Claimed(address indexed payer, address indexed payee, uint256 shortfall);
    event Settled(address indexed payer, address indexed payee, uint256 amount);
    event Burned(address indexed payer, uint256 amount);

    error NothingBonded();
    error NothingPlanned();
    error NoRecipient();
    error TransferFailed(address to, uint256 amount);
    error TooEarly(uint256 availableAt);
    error TooLate(uint256 closedAt);
    error AlreadyProven(address payer);
    error NotProven(address payer);
    error NotThePayers();
    error NoContradiction();
    error NothingToClaim();

    /// Parts of a slashed bond.
    uint256 public constant rewardDivisor = 16;
    uint256 public constant potDivisor = 2;
    /// Nobody has its key: what is sent there is out of use.
    address public constant burnAddress = 0x000000000000000000000000000000000000dEaD;

    Vault public immutable vault;
    /// Seconds between planning a withdrawal and taking it: the vault's, so that a bond outlasts the time to cash.
    uint256 public immutable withdrawDelaySeconds;
    /// Seconds in which payees can claim after a proof.
    uint256 public immutable claimSeconds;

    mapping(address payer => Stake) public stakes;
    mapping(address payer => Pot) public pots;
    mapping(address payer => mapping(address payee => Claim)) public claims;

    constructor(Vault vault_) {
        vault = vault_;
        withdrawDelaySeconds = vault_.withdrawDelaySeconds();
        claimSeconds = withdrawDelaySeconds;
    }

    // Bonding

    /// @notice Adds the value sent to the bond of `payer`. Anybody may bond for anybody who is not proven.
    function bondFor(address payer) external payable {
        require(msg.value > 0, NothingBonded());
        Stake storage stake = stakes[payer];
        require(stake.provenAt == 0, AlreadyProven(payer));
        stake.amount = (uint256(stake.amount) + msg.value).toUint128();
        emit Bonded(payer, msg.sender, msg.value);
    }

    /// @notice Announces that up to `amount` will leave the caller's bond after the delay. Until then it can be slashed
    /// as before. A new plan replaces the old one and starts the delay again; 0 cancels.
    function planWithdraw(uint256 amount) external {
        Stake storage stake = stakes[msg.sender];
        stake.planned = amount.toUint128();
        stake.plannedAt = amount == 0 ? 0 : uint64(block.timestamp);
        emit BondWithdrawalPlanned(msg.sender, amount, amount == 0 ? 0 : block.timestamp + withdrawDelaySeconds);
    }

    /// @notice Pays the planned sum, or what is left of the bond if that is less, to `to`. Ends the plan.
    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        require(to != address(0), NoRecipient());
        Stake storage stake = stakes[msg.sender];
        require(stake.planned > 0, NothingPlanned());
        uint256 availableAt = uint256(stake.plannedAt) + withdrawDelaySeconds;
        require(block.timestamp >= availableAt, TooEarly(availableAt));
        amount = Math.min(stake.planned, stake.amount);
        stake.planned = 0;
        stake.plannedAt = 0;
        stake.amount -= uint128(amount); // at most `amount`
        emit BondWithdrawn(msg.sender, to, amount);
        (bool sent,) = to.call{value: amount}("");
        require(sent, TransferFailed(to, amount));
    }

    // Proof

    /// @notice Slashes the bond of the payer of `statement`, whose other vouchers contradict it: either one other of the
    /// same `seq`, or vouchers to distinct payees (in rising order of their addresses; that of the statement may be one)
    /// with a `seq` up to its own that sum above its `totalIssued`.
    /// The reward is paid into the caller's vault balance.
    function proveOverissue(Vault.SignedVoucher calldata statement, Vault.SignedVoucher[] calldata others)
        external
        nonReentrant
    {
        address payer = statement.payer;
        Stake storage stake = stakes[payer];
        require(stake.provenAt == 0, AlreadyProven(payer));
        require(contradicts(statement, others), NoContradiction());
        uint256 slashed = stake.amount;
        uint256 reward = slashed / rewardDivisor; // down: the reporter chose the moment
        uint256 pot = slashed / potDivisor;
        stakes[payer] = Stake(0, 0, 0, uint64(block.timestamp));
        pots[payer].size = pot;
        emit Overissued(payer, msg.sender, slashed, reward, pot);
        pay(msg.sender, reward);
        burn(payer, slashed - reward - pot);
    }

    /// @notice Notes what the vault owes a payee by `voucher` and cannot pay. Anybody may bring it; a higher claim of the
    /// payee replaces a lower one.
    function claim(Vault.SignedVoucher calldata voucher) external returns (uint256 shortfall) {
        address payer = voucher.payer;
        uint256 provenAt = stakes[payer].provenAt;
        require(provenAt > 0, NotProven(payer));
        require(block.timestamp < provenAt + claimSeconds, TooLate(provenAt + claimSeconds));
        digestOf(voucher, payer);
        shortfall = owed(payer, voucher.payee, voucher.cumulative);
        (,,, uint256 balance,,) = vault.account(payer);
        shortfall = shortfall > balance ? shortfall - balance : 0;
        Claim storage known = claims[payer][voucher.payee];
        require(shortfall > known.shortfall, NothingToClaim());
        pots[payer].claimed += shortfall - known.shortfall;
        claims[payer][voucher.payee] = Claim(shortfall.toUint128(), voucher.cumulative.toUint128());
        emit Claimed(payer, voucher.payee, shortfall);
    }

    /// @notice After the time for claims: pays these payees their parts into their vault balances, once each.
    function settle(address payer, address[] calldata payees) external nonReentrant {
        uint256 provenAt = stakes[payer].provenAt;
        require(provenAt > 0, NotProven(payer));
        require(block.timestamp >= provenAt + claimSeconds, TooEarly(provenAt + claimSeconds));
        Pot storage pot = pots[payer];
        if (pot.size > pot.claimed) {
            uint256 unclaimed = pot.size - pot.claimed;
            pot.size = pot.claimed;
            burn(payer, unclaimed);
        }
        for (uint256 i = 0; i < payees.length; ++i) {
            Claim memory one = claims[payer][payees[i]];
            if (one.shortfall == 0) continue;
            delete claims[payer][payees[i]];
            uint256 part = Math.mulDiv(one.shortfall, pot.size, pot.claimed); // down: never above the pot
            uint256 due = owed(payer, payees[i], one.cumulative);
            uint256 amount = Math.min(part, due);
            emit Settled(payer, payees[i], amount);
            pay(payees[i], amount);
            burn(payer, part - amount);
        }
    }

    // Inside

    function contradicts(Vault.SignedVoucher calldata statement, Vault.SignedVoucher[] calldata others)
        private
        view
        returns (bool)
    {
        bytes32 digest = digestOf(statement, statement.payer);
        uint256 sum;
        address last;
        for (uint256 i = 0; i < others.length; ++i) {
            Vault.SignedVoucher calldata other = others[i];
            bytes32 otherDigest = digestOf(other, statement.payer);
            if (other.seq == statement.seq && otherDigest != digest) return true;
            if (other.seq > statement.seq || other.payee <= last) return false;
            last = other.payee;
            // Not by adding first: a payer may sign sums that overflow.
            if (other.cumulative > statement.totalIssued - sum) return true;
            sum += other.cumulative;
        }
        return false;
    }

    /// The digest of a voucher that `payer` signed for somebody else, as the vault would take it; reverts for others.
    function digestOf(Vault.SignedVoucher calldata voucher, address payer) private view returns (bytes32 digest) {
        require(voucher.payer == payer && voucher.payee != payer, NotThePayers());
        digest = vault.voucherDigest(voucher);
        (address signer,,) = ECDSA.tryRecover(digest, voucher.r, voucher.vs);
        require(signer == payer && signer != address(0), NotThePayers());
    }

    function owed(address payer, address payee, uint256 cumulative) private view returns (uint256) {
        uint256 cashed = vault.cashed(payer, payee);
        return cumulative > cashed ? cumulative - cashed : 0;
    }

    /// Into a vault balance: no stranger's code runs, and nobody can refuse and so hold up the others.
    function pay(address to, uint256 amount) private {
        if (amount > 0) vault.depositFor{value: amount}(to);
    }

    function burn(address payer, uint256 amount) private {
        if (amount == 0) return;
        emit Burned(payer, amount);
        (bool sent,) = burnAddress.call{value: amount}("");
        require(sent, TransferFailed(burnAddress, amount));
    }
}
