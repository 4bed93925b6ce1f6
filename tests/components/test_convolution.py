"""What the convolution component sends to the browser."""

import json

import numpy as np
import pytest

from nnviz.components.convolution import MOST_VALUES, KernelGeometry, Stage
from nnviz.components.convolution.convolution import packed
from nnviz.errors import NnvizError

MAPS = np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)
KERNEL = np.random.default_rng(1).normal(size=(2, 3, 3)).astype(np.float32)
GEOMETRY = {"strides": (1, 2), "dilation": (1, 1), "padding": (0, 1), "size": (4, 2)}


def sent(sliding, **header):
    buffer = packed(sliding, header)
    length = int.from_bytes(buffer[:4], "little")
    return json.loads(buffer[4 : 4 + length]), np.frombuffer(buffer[4 + length :], "<f4")


def test_maps_and_kernel_are_sent_channel_by_channel():
    header, values = sent(KernelGeometry(MAPS, KERNEL, 0.5, **GEOMETRY), seen=3)
    read, kernel = header["panels"]
    np.testing.assert_array_equal(values[read["offset"] : kernel["offset"]].reshape(3, 5, 4), np.moveaxis(MAPS, 2, 0))
    np.testing.assert_array_equal(values[kernel["offset"] :].reshape(3, 2, 3), np.moveaxis(KERNEL, 2, 0))
    assert (header["bias"], header["rest"], header["channels"], header["seen"]) == (0.5, None, 3, 3)
    assert {name: tuple(header[name]) for name in GEOMETRY} == GEOMETRY


def test_rules_are_sent_as_json_and_given_values_as_numbers():
    given = np.arange(8.0).reshape(4, 2)
    stages = [Stage("ReLU", "clip", own=True), Stage("ReLU6", "clip", 0, 6), Stage("elu", "given", values=given)]
    header, values = sent(KernelGeometry(MAPS, KERNEL, None, **GEOMETRY, stages=stages))
    assert [stage["b"] for stage in header["stages"]] == [None, 6, None]
    assert [stage["own"] for stage in header["stages"]] == [True, False, False]
    panel = header["panels"][header["stages"][2]["panel"]]
    np.testing.assert_array_equal(values[panel["offset"] :].reshape(4, 2), given)


def test_what_is_sent_is_known_again_whatever_cell_is_shown():
    first, again = (sent(KernelGeometry(MAPS, KERNEL, None, **GEOMETRY), cell=[0, at])[0] for at in (0, 1))
    other = sent(KernelGeometry(MAPS, KERNEL, None, **GEOMETRY, channel=1), cell=[0, 0])[0]
    assert first["what"] == again["what"] != other["what"]


def test_too_many_maps_are_one_and_what_the_others_add():
    side = int((MOST_VALUES / 3) ** 0.5) + 1
    maps = np.zeros((side, side, 3), np.float32)
    maps[..., 1] = 1
    rest = np.full((4, 2), 7.0)
    header, values = sent(KernelGeometry(maps, KERNEL, 1.0, **GEOMETRY, channel=1, rest=rest))
    read, kernel, others = header["panels"]
    assert (read["n"], kernel["n"], header["rest"], header["channels"]) == (1, 1, 2, 3)
    assert values[: kernel["offset"]].min() == 1
    np.testing.assert_array_equal(values[kernel["offset"] : others["offset"]].reshape(2, 3), KERNEL[..., 1])
    np.testing.assert_array_equal(values[others["offset"] :].reshape(4, 2), rest)
    with pytest.raises(NnvizError, match="Received: 3 channels, too many to send"):
        packed(KernelGeometry(maps, KERNEL, 1.0, **GEOMETRY), {})
