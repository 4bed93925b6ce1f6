"""How Keras and TensorFlow lay windows along one axis: the padding before and behind, and how many windows there are.

For n cells, windows of `reach` cells and a stride s: 'valid' pads nothing; 'causal' pads reach - 1 cells before, since
a window sees no later step; 'same' makes ceil(n / s) windows and pads as much as the last one needs, of an odd number
one cell more behind.
"""

from __future__ import annotations

import math


def reach_of(size: int, dilation: int = 1) -> int:
    """Cells from the first weight of a kernel to its last: (size - 1) * dilation + 1."""
    return (size - 1) * dilation + 1


def padding_before(padding: str, length: int | None, reach: int, stride: int) -> int:
    """Cells of padding before the first.

    Args:
        padding: "valid", "same" or "causal".
        length: of the axis; None where it is not known, which leaves the most that 'same' can be.
        reach: of a window, see `reach_of`.
        stride: cells from one window to the next.
    """
    if padding == "causal":
        return reach - 1
    if padding != "same":
        return 0
    needed = reach - 1 if length is None else (math.ceil(length / stride) - 1) * stride + reach - length
    return max(needed, 0) // 2


def window_count(padding: str, length: int, reach: int, stride: int) -> int:
    """How many windows there are: the size of the output."""
    if padding == "same":
        return math.ceil(length / stride)
    return (length + padding_before(padding, length, reach, stride) - reach) // stride + 1


def padding_behind(length: int, reach: int, stride: int, before: int, count: int) -> int:
    """Cells of padding that the last of `count` windows needs; below 0 the cells that no window holds."""
    return (count - 1) * stride + reach - before - length


def cropping_before(padding: str, reach: int, stride: int, output_padding: int | None) -> int:
    """Cells that a transposed convolution cuts off before the first.

    Args:
        padding: "valid" or "same".
        reach: of the kernel, see `reach_of`.
        stride: cells of the output from one place of the kernel to the next.
        output_padding: with one Keras fixes the size of the output; without one it is length * stride for 'same'.
    """
    cut = reach - stride if output_padding is None else reach // 2 * 2 - output_padding
    return max(cut, 0) // 2 if padding == "same" else 0
