"""Names of somebody else's (layers, classes, networks, pictures) are shown letter by letter, whatever they hold."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from markupsafe import Markup
from PIL import Image
from streamlit.testing.v1 import AppTest

import nnviz
from nnviz.pages.registry import PAGES
from nnviz.shell import options
from nnviz.shell.jobs.worker import worker
from nnviz.shell.markup import html

ODD = """<u>&"'*x*"""
"""HTML, an entity's beginning, both quotes and Markdown; none of our own pages underlines anything."""
OF_LAYER = f"{ODD}_x_"
"""Behind the name of each layer: that, and what Markdown would slant."""
CLASSES = [f"{ODD}{name}" for name in "abc"]
VIEWS = {
    "neuron": [{}, {"turn": f"1,0,2.5,,conv{OF_LAYER}"}],
    "plain": [{}, {"view": "shuffle"}],
    "convolution": [{}, {"view": "own"}],
    "pooling": [{}, {"view": "shift"}],
    "decision": [{}, {"view": "knock"}, {"view": "predict", "predict": 1}, {"view": "predict", "predict": 0}],
    "saliency": [
        {},
        {"method": "lrp", "minus": 1},
        {"method": "integrated-gradients", "explain": "unit"},
        *({"method": "gradient", "evidence": kind} for kind in ("deletion", "randomisation", "stability")),
    ],
    "data": [{}, {"view": "mistakes"}, {"view": "neighbours"}],
    "flatten": [{}, {"what": "maps"}],
    "preferred": [{}, {"subject": "class"}, {"way": "between"}, {"way": "dream"}],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory, fixed_weights) -> tuple[Path, Path, Path]:
    """A network, its card and a picture, all with odd names."""
    given = keras.Input((12, 12, 1), name=f"in{OF_LAYER}")
    x = layers.Conv2D(4, 3, activation="relu", name=f"conv{OF_LAYER}")(given)
    x = layers.MaxPooling2D(2, name=f"pool{OF_LAYER}")(x)
    x = layers.Dense(6, activation="relu", name=f"dense{OF_LAYER}")(layers.Flatten(name=f"flat{OF_LAYER}")(x))
    model = keras.Model(given, layers.Dense(3, activation="softmax", name=f"answer{OF_LAYER}")(x), name="odd")
    folder = tmp_path_factory.mktemp("odd")
    network, card, picture = (folder / f"{ODD}{end}" for end in (".keras", ".json", ".png"))
    fixed_weights(model, 5).save(network)
    card.write_text(json.dumps({"name": f"net {ODD}", "classes": CLASSES, "input": {"scale": 1 / 255}}))
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (12, 12), np.uint8)).save(picture)
    return network, card, picture


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """What a page begins in the background is not waited for."""
    yield
    worker.close()


class Reader(HTMLParser):
    """The tags of a piece of HTML, and its text and attributes as a browser has them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.read: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.read += [value or "" for _, value in attrs]
        # A quote that ends an attribute too early leaves odd ones behind.
        assert {name for name, _ in attrs} <= {
            "class",
            "style",
            "role",
            "aria-label",
            "data-testid",
            "href",
            "target",
            "scope",
        }

    def handle_data(self, data: str) -> None:
        self.read.append(data)


def check_html(body: str) -> int:
    """How often the odd name stands in a piece of HTML; it is no markup there, and is escaped once."""
    found = Reader(body)
    assert "u" not in found.tags, body
    text = " ".join(found.read)
    assert not re.search(r"&(lt|gt|amp|quot|#\d+|#x\w+);|</?(b|br|span|i|div|p)>", text), body
    assert text.lower().count("<u>") == text.lower().count(ODD.lower()), body
    return text.lower().count(ODD.lower())


def check_markdown(text: str) -> int:
    """The same of Markdown."""
    assert not re.search(r"(?<!\\)(<u|\*x|_x)", text), text
    return text.count(r"\<u\>")


def check(app: AppTest) -> int:
    """How often the odd name is shown; nowhere as markup."""
    count = 0
    for element in (*app.main, *app.sidebar):
        proto = getattr(element, "proto", None)
        kind = type(proto).__name__
        if kind == "Html":
            count += check_html(proto.body)
        elif kind == "PlotlyChart":
            spec = proto.spec or proto.figure.spec
            assert not re.search(r"<u>|u003cu", spec), spec
            count += spec.count("&lt;u&gt;")
        elif kind != "Selectbox":
            texts = [getattr(proto, name, "") for name in ("label", "body", "help", "text")]
            texts += [option.content for option in proto.options] if kind == "ButtonGroup" else []
            count += sum(check_markdown(text) for text in texts if isinstance(text, str))
        else:
            count += check_markdown(proto.label)
    return count


def script(slug: str) -> None:
    """What Streamlit runs: one page, and the sidebar beside it."""
    from nnviz.app.sidebar import sidebar
    from nnviz.pages import registry
    from nnviz.shell import page

    sidebar.draw(page.readable())
    page.show(next(entry for entry in registry.PAGES if entry.slug == slug))


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_no_name_is_ever_markup(slug, files, monkeypatch):
    network, card, picture = files
    monkeypatch.setattr(options, "given", options.Options(model=network, card=card, image=picture))
    count = 0
    kinds = ("conv", "pool", "dense", "answer")
    for at, view in enumerate(VIEWS.get(slug, [{}])):
        # Of the other views, each at one kind of layer.
        for layer in kinds if not at else kinds[at % len(kinds) :][:1]:
            app = AppTest.from_function(script, kwargs={"slug": slug}, default_timeout=60)
            for name, value in {"layer": f"{layer}{OF_LAYER}", **view}.items():
                app.query_params[name] = str(value)
            app.run()
            assert not app.exception, app.exception[0].value
            assert not app.error, app.error[0].value
            assert f"{layer}{OF_LAYER}" in app.query_params["layer"]
            count += check(app)
    assert count


def test_the_check_of_a_name_sees_what_it_should():
    with pytest.raises(AssertionError):
        check_html(f"<p>{ODD}</p>")
    with pytest.raises(AssertionError):
        check_html(str(html("<p>{}</p>", str(html("{}", ODD)))))
    with pytest.raises(AssertionError):
        check_html(f'<p class="{ODD}"></p>')
    with pytest.raises(AssertionError):
        check_markdown(ODD)
    assert check_html(str(html('<p class="{}">{}</p>', ODD, ODD))) == 2


def test_what_is_put_into_html_is_escaped_unless_it_is_markup():
    assert html("<b>{}</b>{:.1f}{x}", "<&'\"", 1.25, x=Markup("<br>")) == "<b>&lt;&amp;&#39;&#34;</b>1.2<br>"
    assert isinstance(html("a"), Markup)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def mixed(text: str) -> list[str]:
    """Where a module writes HTML past the one way: an f-string or a sum of strings that is taken for markup."""
    tree, found = ast.parse(text), []
    for name, call in calls(tree):
        if name == "st.html":
            found.append(f"line {call.lineno}: st.html")
        if name in ("html", "write_html", "Markup") and call.args:
            parts = list(ast.walk(call.args[0]))
            if any(isinstance(part, ast.FormattedValue | ast.Call | ast.BinOp) for part in parts):
                found.append(f"line {call.lineno}: {name} of a made-up template")
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            literal = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            if re.search(r"</?[a-z][a-z0-9]*[ >]", literal):
                found.append(f"line {node.lineno}: tags in an f-string")
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None)]
            if "html" in names and getattr(node, "module", None) != "nnviz.shell.markup":
                found.append(f"line {node.lineno}: the module html")
    return found


def test_html_is_written_in_one_way():
    root = Path(nnviz.__file__).parent
    wrong = {
        str(path.relative_to(root)): found
        for room in ("pages", "views", "shell", "app", "talk")
        for path in (root / room).rglob("*.py")
        if path not in (root / "shell/markup.py", root / "app/serving.py", root / "app/first_paint.py")
        and (found := mixed(path.read_text()))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "line",
    [
        'st.html("<p>x</p>")',
        'write_html(f"<p>{x}</p>")',
        'html("<p>" + escape(x) + "</p>")',
        "Markup(text.upper())",
        'small(f"<b>{x}</b>")',
        "import html",
        "from html import escape, unescape\nimport html",
    ],
)
def test_a_second_way_of_writing_html_is_found(line):
    assert mixed(line)
