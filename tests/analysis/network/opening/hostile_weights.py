"""Weights that are not in the file, or more than it says; and the same in the old format."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
from hostile_files import KERNEL, good_old, hostile, layer, with_old, with_weights


@hostile("link elsewhere")
def an_external_link(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink(str(folder / "decoy.h5"), "kernel")

    return with_weights(change)


@hostile("link elsewhere")
def a_soft_link(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = h5py.SoftLink("/layers/dense/vars/0")

    return with_weights(change)


@hostile("link elsewhere")
def a_link_round(folder: Path) -> bytes:
    return with_weights(lambda file: file.__setitem__("layers/round", h5py.SoftLink("/layers")))


@hostile("two names")
def a_second_name(folder: Path) -> bytes:
    return with_weights(lambda file: file.__setitem__("layers/again", file[KERNEL]))


@hostile("two names")
def a_circle(folder: Path) -> bytes:
    return with_weights(lambda file: file.__setitem__("layers/conv2d/round", file["layers"]))


@hostile("another one")
def external_storage(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, (3, 3, 3, 2), "float32", external=[(str(folder / "decoy"), 0, 216)])

    return with_weights(change)


@hostile("another one")
def a_virtual_data_set(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        layout = h5py.VirtualLayout((3, 3, 3, 2), "float32")
        layout[:] = h5py.VirtualSource(str(folder / "decoy.h5"), "kernel", (3, 3, 3, 2))
        file.create_virtual_dataset(KERNEL, layout)

    return with_weights(change)


@hostile("stand in the file")
def a_shape_bomb(folder: Path) -> bytes:
    return with_weights(lambda file: file.create_dataset("layers/bomb", (1 << 16, 1 << 16), "float32", chunks=(64, 64)))


@hostile("stand in the file")
def a_gzip_bomb(folder: Path) -> bytes:
    zeros = np.zeros((1024, 4096), "float32")
    return with_weights(
        lambda file: file.create_dataset("layers/bomb", data=zeros, chunks=(64, 4096), compression="gzip")
    )


@hostile("many times more")
def many_small_bombs(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        for number in range(400):
            file.create_dataset(f"layers/bomb{number}", (200_000,), "float32", chunks=(1000,))

    return with_weights(change)


@hostile("chunks")
def a_giant_chunk(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        made = file.create_dataset("layers/bomb", (1 << 25,), "float32", chunks=(1 << 25,), compression="gzip")
        assert made.chunks

    return with_weights(change)


@hostile("many|at most")
def a_crowd(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        group = file.create_group("layers/crowd")
        for number in range(20_001):
            h5py.h5g.create(group.id, str(number).encode())

    return with_weights(change)


@hostile("gzip or not")
def a_plug_in_filter(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk((4,))
        made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        space, kind = h5py.h5s.create_simple((8,)), h5py.h5t.NATIVE_FLOAT
        h5py.h5d.create(file["layers"].id, b"plugged", kind, space, dcpl=made)

    return with_weights(change)


@hostile("holds none")
def words_as_weights(folder: Path) -> bytes:
    return with_weights(lambda file: file.create_dataset("layers/words", data=[b"a", b"b"]))


@hostile("holds none")
def references_as_weights(folder: Path) -> bytes:
    return with_weights(lambda file: file.create_dataset("layers/refs", data=[file.ref], dtype=h5py.ref_dtype))


@hostile("neither")
def a_named_type(folder: Path) -> bytes:
    return with_weights(lambda file: file.__setitem__("layers/kind", np.dtype("float32")))


@hostile("build and run")
def weights_of_another_shape(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = np.zeros((2, 2, 3, 2), "float32")

    return with_weights(change)


@hostile("build and run|weights of its layers")
def weights_that_are_not_there(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]

    return with_weights(change)


@hostile("'Patches'")
def an_old_custom_layer(folder: Path) -> bytes:
    return with_old(lambda of: layer(of, "flat").update(class_name="Patches"))


@hostile("link elsewhere")
def an_old_external_link(folder: Path) -> bytes:
    def more(file: h5py.File) -> None:
        file["model_weights/evil"] = h5py.ExternalLink(str(folder / "decoy.h5"), "kernel")

    return with_old(lambda of: None, more)


@hostile("deep")
def an_old_deep_config(folder: Path) -> bytes:
    kept = io.BytesIO(good_old())
    with h5py.File(kept, "r+") as file:
        file.attrs["model_config"] = '{"a":' * 5000 + "1" + "}" * 5000
    return kept.getvalue()


@hostile("build and run|expected")
def old_names_that_lead_away(folder: Path) -> bytes:
    def more(file: h5py.File) -> None:
        file["model_weights/conv"].attrs["weight_names"] = [b"../../../decoy", b"/etc/passwd"]

    return with_old(lambda of: None, more)


@hostile("weights of its layers")
def an_old_wide_layer(folder: Path) -> bytes:
    return with_old(lambda of: layer(of, "answer")["config"].update(units=300_000))
