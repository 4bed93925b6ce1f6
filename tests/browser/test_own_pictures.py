"""Pictures of one's own in a real browser: pasted, a zip of them, and a digit on paper that one click mends."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from app import SECONDS, App
from PIL import Image

from nnviz.analysis.data.digits import digit

PASTE = """([bytes, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def on_paper(number: int, paper: float, ink: float) -> bytes:
    """A test digit drawn on paper: in bytes the product would overflow, and the picture be no drawing."""
    return png(paper + (ink - paper) * digit(number)[0].astype(np.float32) / 255)


def test_a_digit_on_paper_is_pasted_told_and_mended(app: App) -> None:
    app.open("decision")
    app.page.evaluate(PASTE, [list(b"no picture at all"), "notes.txt"])
    app.page.get_by_text("Received: 17 bytes").wait_for(timeout=SECONDS)
    app.page.evaluate(PASTE, [list(on_paper(0, 118, 20)), "paper.png"])
    app.until(image="upload")
    app.main.get_by_text("The digit is dark on light").wait_for(timeout=SECONDS)
    app.main.get_by_role("button", name="Invert and stretch").click()
    app.until(image="upload", invert="1", stretch="1")
    app.main.get_by_role("button", name="Invert and stretch").wait_for(state="detached", timeout=SECONDS)
    app.page.locator(".nn-said", has_text="The net says 7").wait_for(timeout=SECONDS)


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
