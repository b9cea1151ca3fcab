// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title What a BTT is worth in US dollars, as several reporters see it.
/// @notice A price is USD with 18 decimals for one whole BTT: 0.0000004 USD is 4e11. `latest` answers with the median of
/// the fresh reports or reverts: there is no stale and no lonely price. While fewer than half of the fresh reports lie,
/// the median is between two honest ones.
contract PriceOracle is Ownable2Step {
    struct Report {
        uint128 price;
        /// When the reporter saw that price, seconds since 1970. 0: it has not reported.
        uint64 observedAt;
    }

    /// Bounds what `latest` costs and keeps `reports` in a byte.
    uint256 public constant reportersMax = 31;
    /// A million USD a BTT: above it stands an error of decimals.
    uint256 public constant priceMax = 1e24;

    event ReporterAdded(address indexed reporter);
    event ReporterRemoved(address indexed reporter);
    event Configured(uint8 reportsMin, uint64 ageMaxSeconds);
    event Reported(address indexed reporter, uint256 price, uint64 observedAt);

    error NotAReporter(address account);
    error AlreadyAReporter(address account);
    error TooManyReporters();
    error NotConfigurable();
    error PriceOutOfRange(uint256 price);
    /// A report is from the future, older than `ageMaxSeconds`, or not newer than the reporter's last.
    error WrongTime(uint64 observedAt);
    error TooFewReports(uint8 fresh, uint8 required);

    /// Fresh reports that a price needs.
    uint8 public reportsMin;
    /// A report counts until it is older than this.
    uint64 public ageMaxSeconds;

    address[] private reporters_;
    mapping(address reporter => bool) public isReporter;
    mapping(address reporter => Report) public reportOf;

    constructor(address owner_, address[] memory first, uint8 reportsMin_, uint64 ageMaxSeconds_) Ownable(owner_) {
        configure_(reportsMin_, ageMaxSeconds_);
        for (uint256 i = 0; i < first.length; ++i) {
            add(first[i]);
        }
    }

    // The owner

    function addReporter(address reporter) external onlyOwner {
        add(reporter);
    }

    /// @notice Takes a reporter and its report out at once.
    function removeReporter(address reporter) external onlyOwner {
        require(isReporter[reporter], NotAReporter(reporter));
        delete isReporter[reporter];
        delete reportOf[reporter];
        uint256 last = reporters_.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (reporters_[i] == reporter) {
                reporters_[i] = reporters_[last];
                break;
            }
        }
        reporters_.pop();
        emit ReporterRemoved(reporter);
    }

    function configure(uint8 reportsMin_, uint64 ageMaxSeconds_) external onlyOwner {
        configure_(reportsMin_, ageMaxSeconds_);
    }

    // Reporters

    /// @notice States a price. `observedAt` lets a transaction that was mined late not pass for news.
    function report(uint256 price, uint64 observedAt) external {
        require(isReporter[msg.sender], NotAReporter(msg.sender));
        require(price > 0 && price <= priceMax, PriceOutOfRange(price));
        bool isNews = observedAt > reportOf[msg.sender].observedAt && observedAt <= block.timestamp;
        require(isNews && isFresh(observedAt), WrongTime(observedAt));
        reportOf[msg.sender] = Report(uint128(price), observedAt); // at most `priceMax`
        emit Reported(msg.sender, price, observedAt);
    }

    // Views

    /// @notice The median price of the fresh reports. Of an even number it is the mean of the middle two, rounded up:
    /// fewer BTT a dollar, for the buyer, who named no price.
    /// @return price USD with 18 decimals for one BTT
    /// @return updatedAt median of the reports' times, the earlier one of an even number, in seconds since 1970
    /// @return reports how many were fresh
    function latest() external view returns (uint256 price, uint64 updatedAt, uint8 reports) {
        uint256[] memory prices = new uint256[](reporters_.length);
        uint256[] memory times = new uint256[](reporters_.length);
        uint256 count;
        for (uint256 i = 0; i < reporters_.length; ++i) {
            Report memory one = reportOf[reporters_[i]];
            if (one.observedAt == 0 || !isFresh(one.observedAt)) continue;
            insert(prices, count, one.price);
            insert(times, count, one.observedAt);
            ++count;
        }
        reports = uint8(count); // at most `reportersMax`
        require(reports >= reportsMin, TooFewReports(reports, reportsMin));
        uint256 low = prices[(count - 1) / 2];
        uint256 high = prices[count / 2];
        return (low + (high - low + 1) / 2, uint64(times[(count - 1) / 2]), reports);
    }

    function reporters() external view returns (address[] memory) {
        return reporters_;
    }

    // Inside

    function add(address reporter) private {
        require(!isReporter[reporter], AlreadyAReporter(reporter));
        require(reporters_.length < reportersMax, TooManyReporters());
        isReporter[reporter] = true;
        reporters_.push(reporter);
        emit ReporterAdded(reporter);
    }

    function configure_(uint8 reportsMin_, uint64 ageMaxSeconds_) private {
        bool fits = reportsMin_ > 0 && reportsMin_ <= reportersMax && ageMaxSeconds_ > 0;
        require(fits, NotConfigurable());
        reportsMin = reportsMin_;
        ageMaxSeconds = ageMaxSeconds_;
        emit Configured(reportsMin_, ageMaxSeconds_);
    }

    function isFresh(uint64 observedAt) private view returns (bool) {
        return block.timestamp <= uint256(observedAt) + ageMaxSeconds;
    }

    /// Puts `value` in its place among the first `count`, which are sorted.
    function insert(uint256[] memory sorted, uint256 count, uint256 value) private pure {
        uint256 i = count;
        for (; i > 0 && sorted[i - 1] > value; --i) {
            sorted[i] = sorted[i - 1];
        }
        sorted[i] = value;
    }
}
