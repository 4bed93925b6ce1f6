"""What stands in the window before Streamlit's own code runs there: the style, the page's title, what is waited for.

The style is one file, linked in the page that the server sends: nothing else is seen before it is there. Its name holds
its content, so a browser that has it asks no more. It is linked in the body, as Streamlit adds its own rules to the
head.

Streamlit's browser code loads what draws a kind of element when the first of that kind comes, each after the other's.
What every page has is asked for with the page, while the server is still at work.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup
from streamlit import file_util

from nnviz.app import startup
from nnviz.app.early_stage import FIRST, EarlyStage, early_stage
from nnviz.pages import FIRST_SLUG
from nnviz.shell import options
from nnviz.shell.markup import html

_HERE = Path(__file__).parent
_STYLES = (_HERE / "style.css", _HERE.parent / "talk" / "wall.css", _HERE.parent / "talk" / "speaker.css")
_STYLE, _SCRIPT = (_HERE / "opening.css").read_text(), (_HERE / "opening.js").read_text()

_DRAWN = ("BidiComponent", "Button", "ButtonGroup", "FileUploader", "Html", "PageLink", "Selectbox", "Slider")
"""What Streamlit calls the elements that stand on every page."""
_LATER = ("PlotlyChart", "Checkbox", "Progress", "DownloadButton", "LinkButton")
"""Those that stand on some."""


def style() -> bytes:
    """The rules of all pages, and those of the talk."""
    return b"\n".join(path.read_bytes() for path in _STYLES)


def style_name() -> str:
    """What the file is called now, below the app's root."""
    return f"style.{sha256(style()).hexdigest()[:16]}.css"


def first(root: str, early: EarlyStage | None) -> bytes:
    """What the head of a page begins with: what is asked for before all else. The arguments are those of `body`."""
    if early is None:
        return b""
    return html('<link rel="preload" as="fetch" crossorigin href="{}{}">', root, early.weights).encode()


def body(path: str, root: str, early: EarlyStage | None = None) -> bytes:
    """What the body of the page at a path below the app's root ("/", "/filters") begins with.

    Args:
        root: that leads from the page to the app's root ("./").
        early: what can be drawn on at once (`drawn_on`).
    """
    loads = "this.rel = 'stylesheet'"
    link = html('<link rel="preload" as="style" href="{}" onload="{}">', root + style_name(), Markup(loads))
    ahead = [html('<link rel="modulepreload" crossorigin href="{}static/js/{}">', root, name) for name in scripts()]
    later = " ".join(f"{root}static/js/{name}" for kind in _LATER for name in _of(kind))
    script = html('<script data-later="{}">{}</script>', later, Markup(_SCRIPT))
    style = html("<style>{}</style>", Markup(_STYLE))
    return Markup().join([style, _opening(path, root, early), link, *ahead, script]).encode()


def _of(kind: str) -> list[str]:
    """The script that draws a kind of element."""
    return sorted(path.name for path in (_static() / "static" / "js").glob(f"{kind}.*.js"))


def _static() -> Path:
    return Path(file_util.get_static_dir())


@cache
def scripts() -> tuple[str, ...]:
    """Names of the scripts that draw what every page has, and of those that they need and the page does not name."""
    folder, named = _static() / "static" / "js", (_static() / "index.html").read_text(encoding="utf-8")
    found, left = list[str](), [name for kind in _DRAWN for name in _of(kind)]
    while left:
        name = left.pop(0)
        if name not in found and name not in named:
            found.append(name)
            left += re.findall(r'(?:from|import)"\./([^"]+\.js)"', (folder / name).read_text(encoding="utf-8"))
    return tuple(found)


def _opening(path: str, root: str, stage: EarlyStage | None) -> Markup:
    if stage is None and startup.warmup.done.is_set():
        from nnviz.pages import registry

        slug = path.strip("/") or FIRST_SLUG
        title = next((page.heading or page.title for page in registry.PAGES if page.slug == slug), None)
        if title is None:  # the talk, which has the whole window
            return html('<div class="nn-opening"></div>')
        return html('<div class="nn-opening beside"><h1>{}</h1></div>', title)
    spent = time.perf_counter() - options.started
    words = html("Step 1 of 3: loading TensorFlow, <b>{}</b> s since the server started.", int(spent))
    bar = html('<p>{}</p><progress value="0.17"></progress>', words)
    if stage is None:
        return html('<div class="nn-opening"><h1>nnviz</h1>{}</div>', bar)
    told = html("<h1>nnviz</h1><span>A network reads your digit. Draw one while the rest is loaded.</span>")
    early = html('<div class="nn-early" data-root="{}"></div>', root)
    script = html("<script>{}</script>", Markup(stage.script))
    return html('<div class="nn-opening beside drawn"><header>{}</header>{}{}{}</div>', told, early, bar, script)


def drawn_on(path: str, asked: Mapping[str, str]) -> EarlyStage | None:
    """What can be drawn on before TensorFlow is there: on the opening page, of a net that ships."""
    if (
        startup.warmup.done.is_set()
        or path.strip("/")
        or not set(asked) <= {"net"}
        or options.given.model is not None
        or options.given.image is not None
    ):
        return None
    return early_stage(asked.get("net", FIRST))
