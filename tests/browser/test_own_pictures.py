"""Many pictures of one's own in a real browser: a zip is a folder until it is forgotten."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from app import App
from PIL import Image

from nnviz.analysis.data.digits import digit


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def test_a_zip_is_a_folder_until_it_is_forgotten(app: App) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(3):
            archive.writestr(f"{digit(number)[1]}/{number}.png", png(digit(number)[0]))
    app.open("maps")
    app.sidebar.get_by_role("button", name="Folder or zip").click()
    files = app.page.locator("[class*=st-key-upload-many] input[type=file]")
    files.set_input_files({"name": "mine.zip", "mimeType": "application/zip", "buffer": content.getvalue()})
    app.until(image="folder-1-2")
    app.page.keyboard.press("Escape")
    app.click("folder", tile=2)
    app.until(image="folder-7-0")
    app.sidebar.get_by_role("button", name="Folder or zip").click()
    app.page.get_by_role("button", name="Forget them").click()
    app.until(image="test-0")
    assert app.canvas("folder").count() == 0
