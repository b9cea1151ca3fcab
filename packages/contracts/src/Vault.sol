// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title One balance a payer, spent by cumulative vouchers signed off chain (EIP-712).
/// @notice For every account: deposited = balance + paidOut + withdrawn. The contract's BTT is the sum of the balances
/// (and whatever was forced on it by a block reward or a self-destruct, which nobody can take out).
/// Cashing never pays a voucher twice, never more than its cumulative sum and never more than the payer's balance.
contract Vault is ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// A voucher and its signature in the compact form of EIP-2098.
    struct SignedVoucher {
        address payer;
        address payee;
        uint256 cumulative;
        uint64 seq;
        uint256 totalIssued;
        bytes32 r;
        bytes32 vs;
    }

    /// Cashing writes only the first slot of the payer, and both of the payee when it is paid into its own balance.
    struct Account {
        uint128 balance;
        uint128 paidOut;
        uint128 deposited;
        uint128 withdrawn;
        uint128 planned;
        uint64 plannedAt;
    }

    /// Why an entry of `cashMany` was passed over.
    enum Skip {
        None,
        BadSignature,
        NothingNew,
        EmptyBalance,
        NotThePayee,
        SelfPayment
    }

    event Deposited(address indexed key, address indexed from, uint256 amount);
    event WithdrawalPlanned(address indexed key, uint256 amount, uint256 availableAt);
    event Withdrawn(address indexed key, address indexed to, uint256 amount);
    /// `cashed` is the sum paid for this pair up to now; `recipient` is the vault itself for the payee's own balance.
    event Cashed(address indexed payer, address indexed payee, address recipient, uint256 amount, uint256 cashed);
    event CashSkipped(uint256 indexed index, address indexed payer, address indexed payee, Skip reason);

    error NothingDeposited();
    error NothingPlanned();
    error TooEarly(uint256 availableAt);
    error NotCashable(Skip reason);
    error TransferFailed(address to, uint256 amount);
    error NoRecipient();

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address payer,address payee,uint256 cumulative,uint64 seq,uint256 totalIssued)");

    /// Hash of block 0: two chains with the same id do not share vouchers.
    bytes32 public immutable genesisHash;
    /// Seconds between planning a withdrawal and taking it: the time payees have to cash.
    uint256 public immutable withdrawDelaySeconds;
    uint256 private immutable deployedChainId;
    bytes32 private immutable deployedSeparator;

    mapping(address key => Account) private accounts;
    /// What was paid for the vouchers of a pair, over all time.
    mapping(address payer => mapping(address payee => uint256)) public cashed;

    constructor(bytes32 genesisHash_, uint256 withdrawDelaySeconds_) {
        genesisHash = genesisHash_;
        withdrawDelaySeconds = withdrawDelaySeconds_;
        deployedChainId = block.chainid;
        deployedSeparator = separator(genesisHash_);
    }

    // Funding

    /// @notice Adds the value sent to the balance of `key`. Anybody may fund anybody.
    function depositFor(address key) external payable {
        require(msg.value > 0, NothingDeposited());
        credit(key, msg.sender, msg.value);
    }

    /// @notice Announces that up to `amount` will leave the caller's balance after the delay. Until then it can be cashed
    /// as before. A new plan replaces the old one and starts the delay again; 0 cancels.
    function planWithdraw(uint256 amount) external {
        Account storage account_ = accounts[msg.sender];
        account_.planned = amount.toUint128();
        account_.plannedAt = amount == 0 ? 0 : uint64(block.timestamp);
        emit WithdrawalPlanned(msg.sender, amount, amount == 0 ? 0 : block.timestamp + withdrawDelaySeconds);
    }

    /// @notice Pays the planned sum, or what is left of the balance if that is less, to `to`. Ends the plan.
    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        require(to != address(0), NoRecipient());
        Account storage account_ = accounts[msg.sender];
        uint128 planned = account_.planned;
        require(planned > 0, NothingPlanned());
        uint256 availableAt = uint256(account_.plannedAt) + withdrawDelaySeconds;
        require(block.timestamp >= availableAt, TooEarly(availableAt));
        uint128 balance = account_.balance;
        uint128 leaving = planned < balance ? planned : balance;
        account_.planned = 0;
        account_.plannedAt = 0;
        account_.balance = balance - leaving;
        account_.withdrawn += leaving;
        emit Withdrawn(msg.sender, to, leaving);
        send(to, leaving);
        return leaving;
    }

    // Cashing

    /// @notice Pays what a voucher is worth beyond what its pair was paid before, as far as the payer's balance goes.
    /// @param recipient zero: the payee's own vault balance, which anybody may order; else only the payee itself may.
    function cash(SignedVoucher calldata voucher, address recipient) external nonReentrant returns (uint256 amount) {
        Skip reason;
        (amount, reason) = pay(voucher, recipient);
        require(reason == Skip.None, NotCashable(reason));
        settle(voucher.payee, recipient, amount);
    }

    /// @notice The same for many vouchers. An entry that cannot be paid is skipped with a `CashSkipped` event.
    /// @return total what was paid for all of them
    function cashMany(SignedVoucher[] calldata vouchers, address recipient)
        external
        nonReentrant
        returns (uint256 total)
    {
        address payee;
        uint256 owed;
        for (uint256 i = 0; i < vouchers.length; ++i) {
            SignedVoucher calldata voucher = vouchers[i];
            (uint256 amount, Skip reason) = pay(voucher, recipient);
            if (reason != Skip.None) {
                emit CashSkipped(i, voucher.payer, voucher.payee, reason);
                continue;
            }
            // The payee's slots are written once for a run of its vouchers.
            if (voucher.payee != payee) {
                settle(payee, recipient, owed);
                payee = voucher.payee;
                owed = 0;
            }
            owed += amount;
            total += amount;
        }
        settle(payee, recipient, owed);
    }

    // Views

    /// @notice The books of one key, in base units; `plannedAt` in seconds, 0 without a plan.
    function account(address key)
        external
        view
        returns (
            uint256 deposited,
            uint256 withdrawn,
            uint256 paidOut,
            uint256 balance,
            uint256 planned,
            uint256 plannedAt
        )
    {
        Account storage a = accounts[key];
        return (a.deposited, a.withdrawn, a.paidOut, a.balance, a.planned, a.plannedAt);
    }

    /// @notice The id by which peers name this ledger: keccak256(chain id, genesis hash, vault address), packed.
    function ledgerId() external view returns (bytes32) {
        return keccak256(abi.encodePacked(block.chainid, genesisHash, address(this)));
    }

    function domainSeparator() public view returns (bytes32) {
        return block.chainid == deployedChainId ? deployedSeparator : separator(genesisHash);
    }

    /// @notice EIP-5267: all five fields are used, no extensions.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"1f", "millrace", "1", block.chainid, address(this), genesisHash, new uint256[](0));
    }

    /// @notice What the payer signs.
    function voucherDigest(SignedVoucher calldata voucher) public view returns (bytes32 digest) {
        bytes32 typehash = VOUCHER_TYPEHASH;
        bytes32 structHash;
        bytes32 separator_ = domainSeparator();
        assembly ("memory-safe") {
            // The first five words of the entry are the fields of the struct, encoded as EIP-712 wants them.
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), voucher, 0xa0)
            structHash := keccak256(free, 0xc0)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), separator_)
            mstore(add(free, 0x22), structHash)
            digest := keccak256(free, 0x42)
        }
    }

    // Inside

    /// Takes what the voucher is worth from its payer. The caller passes it on by `settle`.
    function pay(SignedVoucher calldata voucher, address recipient) private returns (uint256 amount, Skip reason) {
        address payer = voucher.payer;
        address payee = voucher.payee;
        if (payer == payee) return (0, Skip.SelfPayment);
        if (recipient != address(0) && msg.sender != payee) return (0, Skip.NotThePayee);
        uint256 before = cashed[payer][payee];
        if (voucher.cumulative <= before) return (0, Skip.NothingNew);
        (address signer,,) = ECDSA.tryRecover(voucherDigest(voucher), voucher.r, voucher.vs);
        if (signer == address(0) || signer != payer) return (0, Skip.BadSignature);
        Account storage from = accounts[payer];
        uint128 balance = from.balance;
        if (balance == 0) return (0, Skip.EmptyBalance);
        amount = voucher.cumulative - before;
        if (amount > balance) amount = balance;
        cashed[payer][payee] = before + amount;
        uint128 taken = uint128(amount); // at most `balance`
        from.balance = balance - taken;
        from.paidOut += taken;
        emit Cashed(payer, payee, recipient == address(0) ? address(this) : recipient, amount, before + amount);
    }

    function settle(address payee, address recipient, uint256 amount) private {
        if (amount == 0) return;
        if (recipient == address(0)) credit(payee, address(this), amount);
        else send(recipient, amount);
    }

    function credit(address key, address from, uint256 amount) private {
        Account storage account_ = accounts[key];
        uint128 added = amount.toUint128();
        account_.balance += added;
        account_.deposited += added;
        emit Deposited(key, from, amount);
    }

    function send(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        require(sent, TransferFailed(to, amount));
    }

    function separator(bytes32 salt) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("millrace"), keccak256("1"), block.chainid, address(this), salt
            )
        );
    }
}
