// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The largest of many numbers, in memory: a heap whose root is the least of those kept.
/// @notice n numbers of which k are kept cost O(n log k), in whatever order they come.
library TopList {
    struct List {
        uint256[] kept;
        uint256 count;
    }

    function create(uint256 size) internal pure returns (List memory list) {
        list.kept = new uint256[](size);
    }

    function offer(List memory list, uint256 value) internal pure {
        uint256[] memory kept = list.kept;
        if (list.count < kept.length) return rise(kept, list.count++, value);
        if (kept.length > 0 && value > kept[0]) sink(kept, value);
    }

    /// Puts `value` in the free place `place`, or above it.
    function rise(uint256[] memory kept, uint256 place, uint256 value) private pure {
        while (place > 0) {
            uint256 above = (place - 1) / 2;
            if (kept[above] <= value) break;
            kept[place] = kept[above];
            place = above;
        }
        kept[place] = value;
    }

    /// Puts `value` in the place of the root, or below it.
    function sink(uint256[] memory kept, uint256 value) private pure {
        uint256 place = 0;
        for (uint256 below = 1; below < kept.length; below = 2 * place + 1) {
            if (below + 1 < kept.length && kept[below + 1] < kept[below]) ++below;
            if (kept[below] >= value) break;
            kept[place] = kept[below];
            place = below;
        }
        kept[place] = value;
    }
}
