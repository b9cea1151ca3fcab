// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Governed} from "./Governed.sol";
import {fundAddress, governanceAddress} from "./System.sol";

/// @title BTT for those who stand in a list, of which the chain holds only the root of its Merkle tree.
/// @notice A leaf is keccak256(keccak256(abi.encode(domain, drop, index, account, amount))), hashed twice so that no inner
/// node can pass for one. Anybody may order a claim; it is paid to the account of the leaf. What is not claimed
/// before the deadline goes to the fund.
contract Airdrop is Governed {
    using BitMaps for BitMaps.BitMap;
    using SafeCast for uint256;

    struct Drop {
        /// Zero: the list is not known yet.
        bytes32 root;
        uint128 left;
        uint48 deadline;
    }

    event Opened(uint256 indexed drop, bytes32 root, uint256 deadline, uint256 amount);
    event Claimed(uint256 indexed drop, uint256 indexed index, address indexed account, uint256 amount);
    event Closed(uint256 indexed drop, uint256 toFund);

    error NoSuchDrop(uint256 drop);
    error NotOpen(uint256 drop);
    error AlreadyOpen(uint256 drop);
    error DeadlineTooNear(uint256 deadline, uint256 least);
    error DeadlineNotReached(uint256 deadline);
    error AlreadyClaimed(uint256 drop, uint256 index);
    error BadProof();
    error NotEnough(uint256 left);

    /// A list that is opened after block 0 can be claimed for at least this long.
    uint256 public constant claimSecondsMin = 30 days;

    /// Of this chain and its genesis: a leaf of another network's list is none here.
    bytes32 public domain;
    Drop[] private drops_;
    mapping(uint256 drop => BitMaps.BitMap) private claimed;

    /// @param first the drops of block 0; the contract's balance holds the sum of what they have left
    function initialize(bytes32 domain_, Drop[] calldata first) external initializer {
        domain = domain_;
        for (uint256 i = 0; i < first.length; ++i) {
            drops_.push(first[i]);
            if (first[i].root != 0) emit Opened(i, first[i].root, first[i].deadline, first[i].left);
        }
    }

    // Governance

    /// @notice Gives a drop that has no list yet its list. A list is for good.
    function open(uint256 drop, bytes32 root, uint256 deadline) external onlyBy(governanceAddress) {
        Drop storage one = dropAt(drop);
        require(one.root == 0, AlreadyOpen(drop));
        require(root != 0 && one.left > 0, NotOpen(drop));
        open_(drop, root, deadline);
    }

    /// @notice A new drop of the value sent.
    function add(bytes32 root, uint256 deadline) external payable onlyBy(governanceAddress) returns (uint256 drop) {
        drop = drops_.length;
        require(root != 0, NotOpen(drop));
        drops_.push(Drop(root, msg.value.toUint128(), 0));
        open_(drop, root, deadline);
    }

    // Anybody

    function claim(uint256 drop, uint256 index, address payable account, uint256 amount, bytes32[] calldata proof)
        external
    {
        Drop storage one = dropAt(drop);
        require(one.root != 0 && block.timestamp < one.deadline, NotOpen(drop));
        require(!claimed[drop].get(index), AlreadyClaimed(drop, index));
        require(MerkleProof.verifyCalldata(proof, one.root, leafOf(drop, index, account, amount)), BadProof());
        // A list that promises more than its drop has pays who comes first: the tool that makes lists refuses it.
        require(amount <= one.left, NotEnough(one.left));
        one.left -= uint128(amount); // at most `left`
        claimed[drop].set(index);
        emit Claimed(drop, index, account, amount);
        Address.sendValue(account, amount);
    }

    /// @notice After the deadline: what is left goes to the fund.
    function close(uint256 drop) external {
        Drop storage one = dropAt(drop);
        require(block.timestamp >= one.deadline, DeadlineNotReached(one.deadline));
        uint256 left = one.left;
        require(left > 0, NotEnough(0));
        one.left = 0;
        emit Closed(drop, left);
        Address.sendValue(payable(fundAddress), left);
    }

    // Views

    function drops() external view returns (Drop[] memory) {
        return drops_;
    }

    function isClaimed(uint256 drop, uint256 index) external view returns (bool) {
        return claimed[drop].get(index);
    }

    function leafOf(uint256 drop, uint256 index, address account, uint256 amount) public view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(domain, drop, index, account, amount))));
    }

    // Inside

    function open_(uint256 drop, bytes32 root, uint256 deadline) private {
        uint256 least = block.timestamp + claimSecondsMin;
        require(deadline >= least, DeadlineTooNear(deadline, least));
        Drop storage one = drops_[drop];
        one.root = root;
        one.deadline = deadline.toUint48();
        emit Opened(drop, root, deadline, one.left);
    }

    function dropAt(uint256 drop) private view returns (Drop storage) {
        require(drop < drops_.length, NoSuchDrop(drop));
        return drops_[drop];
    }
}
