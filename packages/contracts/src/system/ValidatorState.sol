// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title What `Validators` keeps. New fields go to the end.
abstract contract ValidatorState {
    enum Status {
        None,
        Active,
        Jailed,
        /// For good: it signed two blocks of one height.
        Tombstoned
    }

    struct Validator {
        /// Ed25519, 32 bytes: what consensus knows from the next election on, and what it knows now.
        bytes32 consensusKey;
        bytes32 electedKey;
        /// Signs what is not a vote of consensus: milestones, checkpoints of bridges.
        address signer;
        /// The order of registration, from 1: the earlier goes first where stakes are equal.
        uint64 number;
        Status status;
        uint16 commissionBps;
        uint16 plannedBps;
        uint16 commissionMostBps;
        uint16 commissionStepBps;
        /// When `plannedBps` holds, in seconds; 0: nothing was ever planned.
        uint48 plannedAt;
        uint48 jailedUntil;
        /// Epoch of the last change of each key.
        uint48 consensusKeyEpoch;
        uint48 signerEpoch;
        /// Place among the candidates, from 1; 0: it is none.
        uint16 candidacy;
        /// The last epoch for which it was elected, and how many blocks of a window it did not sign.
        uint48 electedEpoch;
        uint48 missWindow;
        uint32 misses;
    }

    /// One slot of the elected set. Power is whole BTT, rounded down.
    struct Member {
        address validator;
        uint64 power;
    }

    mapping(address validator => Validator) internal registry;
    /// By the address of CometBFT, the first 20 bytes of the key's SHA-256. Every key ever used stays: evidence about
    /// an old key finds its validator, and nobody can use it again.
    mapping(bytes20 consensusAddress => address validator) public operatorOf;
    mapping(address signer => address validator) public operatorOfSigner;
    uint64 public validatorCount;

    address[] internal candidates_;
    Member[] internal elected_;
    uint48 internal epoch_;
    /// Block in which the epoch began.
    uint48 public epochStartedAt;
    /// First height that the elected set signs, while its rewards have not begun; else 0.
    uint48 public pendingFrom;
    /// Goes up with each change of the elected set: consensus reads the set when it does.
    uint64 public setVersion;

    /// By height: the stake with which a validator signs, and the epoch whose set signs.
    mapping(address validator => Checkpoints.Trace208) internal electedStake;
    Checkpoints.Trace208 internal signingEpoch;
}
