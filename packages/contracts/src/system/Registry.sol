// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governed} from "./Governed.sol";
import {IStaking, IValidators, stakingAddress, wholeBps} from "./System.sol";
import {ValidatorState} from "./ValidatorState.sol";

/// @title Who is a validator, by which keys, and for which commission.
abstract contract Registry is ValidatorState, Governed, IValidators {
    event Registered(address indexed validator, bytes32 consensusKey, address signer);
    event ConsensusKeyChanged(address indexed validator, bytes32 consensusKey);
    event SignerChanged(address indexed validator, address signer);
    event CommissionPlanned(address indexed validator, uint256 rateBps, uint256 from);

    error AlreadyRegistered();
    error NotRegistered(address validator);
    error KeyInUse();
    error OncePerEpoch();
    error CommissionOutOfBounds();
    error PlanWaits(uint256 until);

    IStaking internal constant staking = IStaking(stakingAddress);
    /// Seconds between one change of a commission and the plan of the next.
    uint256 public constant commissionRestSeconds = 1 days;

    function register_(
        bytes32 consensusKey,
        address signer,
        uint256 rateBps,
        uint256 mostBps,
        uint256 stepBps
    ) internal {
        Validator storage one = registry[msg.sender];
        require(one.status == Status.None, AlreadyRegistered());
        bool fits = rateBps <= mostBps && mostBps <= wholeBps && stepBps <= mostBps;
        require(fits, CommissionOutOfBounds());
        useConsensusKey(consensusKey);
        useSigner(signer);
        one.status = Status.Active;
        one.number = ++validatorCount;
        one.consensusKey = consensusKey;
        one.signer = signer;
        one.commissionBps = uint16(rateBps); // at most `wholeBps`, as the next two
        one.commissionMostBps = uint16(mostBps);
        one.commissionStepBps = uint16(stepBps);
        emit Registered(msg.sender, consensusKey, signer);
    }

    /// @notice Another key for consensus from the next election on; once an epoch.
    function changeConsensusKey(bytes32 consensusKey) external {
        Validator storage one = registered(msg.sender);
        require(one.consensusKeyEpoch < epoch_, OncePerEpoch());
        useConsensusKey(consensusKey);
        one.consensusKeyEpoch = epoch_;
        one.consensusKey = consensusKey;
        emit ConsensusKeyChanged(msg.sender, consensusKey);
    }

    /// @notice Another signer at once; once an epoch. The old one is never anybody's again.
    function changeSigner(address signer) external {
        Validator storage one = registered(msg.sender);
        require(one.signerEpoch < epoch_, OncePerEpoch());
        useSigner(signer);
        one.signerEpoch = epoch_;
        one.signer = signer;
        emit SignerChanged(msg.sender, signer);
    }

    /// @notice Announces a commission that holds after the notice that parameters ask for, so that delegators can
    /// leave. It differs from the present one by at most the validator's own step, and plans come a day after the last
    /// change, hence at most one step a day.
    function planCommission(uint256 rateBps) external {
        Validator storage one = registered(msg.sender);
        uint256 waits = one.plannedAt == 0 ? 0 : uint256(one.plannedAt) + commissionRestSeconds;
        require(block.timestamp >= waits, PlanWaits(waits));
        uint256 present = commissionOf(msg.sender);
        uint256 step = rateBps > present ? rateBps - present : present - rateBps;
        require(rateBps <= one.commissionMostBps && step <= one.commissionStepBps, CommissionOutOfBounds());
        one.commissionBps = uint16(present);
        one.plannedBps = uint16(rateBps); // at most `commissionMostBps`
        one.plannedAt = uint48(block.timestamp + parameter("commissionNoticeSeconds"));
        emit CommissionPlanned(msg.sender, rateBps, one.plannedAt);
    }

    function commissionOf(address validator) public view returns (uint256) {
        Validator storage one = registry[validator];
        bool isDue = one.plannedAt > 0 && block.timestamp >= one.plannedAt;
        return isDue ? one.plannedBps : one.commissionBps;
    }

    function acceptsStake(address validator, address delegator) external view returns (bool) {
        Status status = registry[validator].status;
        return status == Status.Active || (status == Status.Jailed && delegator == validator);
    }

    /// @notice How CometBFT names the holder of a key.
    function consensusAddressOf(bytes32 consensusKey) public pure returns (bytes20) {
        return bytes20(sha256(abi.encodePacked(consensusKey)));
    }

    function registered(address validator) internal view returns (Validator storage one) {
        one = registry[validator];
        require(one.status != Status.None, NotRegistered(validator));
    }

    function useConsensusKey(bytes32 consensusKey) private {
        bytes20 name = consensusAddressOf(consensusKey);
        require(consensusKey != 0 && operatorOf[name] == address(0), KeyInUse());
        operatorOf[name] = msg.sender;
    }

    function useSigner(address signer) private {
        require(signer != address(0) && operatorOfSigner[signer] == address(0), KeyInUse());
        operatorOfSigner[signer] = msg.sender;
    }
}
