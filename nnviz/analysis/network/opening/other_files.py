"""What a file is that holds no Keras model, by its first bytes, and how to get the model."""

from __future__ import annotations

from nnviz.errors import NnvizError

_SAVE = "save the Keras model itself, model.save('my.keras'), and open that"
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"TFL3", "a TensorFlow Lite model, made for running alone", f"where it was converted, {_SAVE}"),
    (0, b"\x93NUMPY", "a NumPy array", _SAVE),
    (0, b"\x1f\x8b", "packed by gzip", "unpack it, and open what is inside"),
    (0, b"\xfd7zXZ", "packed by xz", "unpack it, and open what is inside"),
    (0, b"7z\xbc\xaf", "packed by 7-Zip", "unpack it, and open what is inside"),
    (0, b"Rar!", "packed by RAR", "unpack it, and open what is inside"),
    (257, b"ustar", "a tar archive", "unpack it, and open what is inside"),
    (0, b"version https://git-lfs", "only Git LFS's pointer to a file", "fetch the file itself: git lfs pull"),
    (0, b"\x7fELF", "a program", _SAVE),
    (0, b"MZ", "a program", _SAVE),
    (0, b"\x89PNG", "a picture", "a picture is opened in the sidebar; " + _SAVE),
    (0, b"\xff\xd8\xff", "a picture", "a picture is opened in the sidebar; " + _SAVE),
    (0, b"%PDF", "a PDF", _SAVE),
    (0, b"x\x9c", "packed by zlib, as joblib does", f"load it with joblib where it was made, and {_SAVE}"),
    (0, b"GGUF", "a language model for llama.cpp", "nnviz opens Keras models only"),
)
"""Where a mark stands, the mark, what the file is, and what to do."""
_TEXT = (b"<!doctype", b"<html", b"<?xml")


def refuse(head: bytes, name: str) -> None:
    """Raises NnvizError with what a file is, if its first bytes tell that it is anything known but a Keras model.

    Args:
        head: its first bytes, 4096 where there are as many.
        name: of the file, for the sentence; it decides nothing.
    """
    told = _told(head)
    if told is not None:
        what, then = told
        raise NnvizError(f"A Keras model file (.keras, .h5) was expected. Received: {name[:60]}, {what}: {then}.")


def _told(head: bytes) -> tuple[str, str] | None:
    for at, mark, what, then in _MAGIC:
        if head[at : at + len(mark)] == mark:
            return what, then
    if not head.strip(b"\0 \r\n\t"):
        return "which is empty or cut short", "copy or download it again"
    if b"\x89HDF\r\n\x1a\n".startswith(head[:8]) or b"PK\x03\x04".startswith(head[:4]):
        return "a file cut short", "copy or download it again"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "a Python pickle, which can run code", f"load it where it was made, and {_SAVE}"
    return _by_structure(head)


def _by_structure(head: bytes) -> tuple[str, str] | None:
    """Formats without a mark, by how they begin."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 100 * 2**20:
        return "weights of safetensors, without a network", f"build the network in Keras, load them, and {_SAVE}"
    if start.lower().startswith(_TEXT):
        return "a web page", "the download gave a page in place of the file: download it again"
    if start.startswith(b"{") or start.startswith(b"["):
        return _json(start)
    if head[:1] == b"\x08" and b"\x12" in head[:40] and _onnx(head):
        return "an ONNX model", f"ONNX cannot be turned back for sure: where it came from, {_SAVE}"
    if head[:1] in b"\x08\x0a" and any(mark in head for mark in (b"saved_model", b"serve", b"Placeholder", b"Const")):
        return (
            "a part of a TensorFlow model (.pb)",
            f"start the app with the SavedModel's folder, or load it in Keras and {_SAVE}",
        )
    if head[:1] == b"\x0a" and any(mark in head for mark in (b"_tf_keras", b"root", b"VarHandleOp", b"MLIR", b"op")):
        return (
            "a part of a TensorFlow model (.pb)",
            f"start the app with the SavedModel's folder, or load it in Keras and {_SAVE}",
        )
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:
            return None
    return "a text", _SAVE


def _onnx(head: bytes) -> bool:
    return any(mark in head for mark in (b"onnx", b"ONNX", b"pytorch", b"tf2onnx", b"keras2onnx", b"skl2onnx", b"Conv"))


def _json(start: bytes) -> tuple[str, str]:
    if b"weightsManifest" in start or b"tfjs" in start or b"TensorFlow.js" in start:
        then = f"its weights are in .bin files that nnviz does not read: where it was converted, {_SAVE}"
        return "a TensorFlow.js model", then
    if b'"class_name"' in start:
        then = "its weights are in another file: put both beside each other under one name (net.json, net.h5)"
        return "the plan of a Keras model without its weights", then
    return "a JSON file", _SAVE


def refuse_zip(names: list[str], name: str) -> None:
    """Raises NnvizError with what a zip is, if the names inside tell that it is anything known but a Keras model."""
    ends = {part.rpartition("/")[2] for part in names}
    if "data.pkl" in ends or any(part.endswith("/data/0") for part in names):
        what, then = "a PyTorch model", "nnviz opens Keras models only: build the network in Keras and save it there"
    elif "saved_model.pb" in ends:
        what, then = "a SavedModel in a zip", "unpack it, and start the app with its folder"
    elif "model.json" in ends and any(part.endswith(".bin") for part in ends):
        what, then = "a TensorFlow.js model", f"where it was converted, {_SAVE}"
    elif any(part.endswith(".tflite") for part in ends):
        what, then = (
            "a TensorFlow Lite model in a zip",
            "export it from Teachable Machine as Keras: converted_keras.zip",
        )
    elif ends and all(part.endswith(".npy") for part in ends):
        what, then = "NumPy arrays (.npz)", _SAVE
    elif "model.weights.npz" in ends:
        what, then = "a Keras model with weights as .npz", "save it again with model.save('my.keras')"
    elif "word/document.xml" in names or "xl/workbook.xml" in names:
        what, then = "an Office document", _SAVE
    elif {"config.json", "metadata.json", "model.weights.h5"} & ends:
        return
    elif any(part.endswith((".keras", ".h5", ".hdf5")) for part in ends):
        what, then = "a zip with a model inside", "unpack it, and open the model"
    else:
        what, then = "a zip without a model", _SAVE
    raise NnvizError(f"A Keras model file (.keras, .h5) was expected. Received: {name[:60]}, {what}: {then}.")
