"""Another picture or network hides the answer again, whoever chooses it; nothing else does."""

import ast
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from visiting import visited

import nnviz
from nnviz.analysis.progress import finished
from nnviz.app.sidebar import folder_chooser, own_pictures
from nnviz.pages.cats import subject
from nnviz.pages.data import opening
from nnviz.pages.dossier import pictures
from nnviz.pages.strokes import page as strokes
from nnviz.shell import address, hidden_answer, library, session
from nnviz.talk import headless

HIT = SimpleNamespace(image=5, cell=(3, 4))
DIGITS = SimpleNamespace(name="test-{}".format)


def png(tone: int) -> io.BytesIO:
    content = io.BytesIO()
    Image.fromarray(np.full((28, 28), tone, np.uint8)).save(content, "PNG")
    content.name = "mine.png"
    return content


def upload(tone: int = 90) -> None:
    import streamlit as st

    st.session_state["upload"] = png(tone)
    own_pictures._take_upload()


def draw(tone: int = 255) -> None:
    library.keep_digit(np.full((28, 28), tone, np.uint8))
    address.write(image=library.UPLOAD)


WAYS = {
    "a patch of Strokes to digits": lambda: strokes._open(
        SimpleNamespace(layer=SimpleNamespace(name="conv1"), unit=2), [HIT], 0, DIGITS
    ),
    "a patch of the dossier": lambda: pictures._open(session.read(), SimpleNamespace(hits=[HIT], of=DIGITS), 0),
    "a digit of Data": lambda: opening.open_digit(5),
    "a picture of the folder": lambda: folder_chooser._open("folder-cat-3", True),
    "a photograph of Cats": lambda: subject.take(session.read(), image="coffee", target=None),
    "a pick on Cats, in another network": lambda: subject.take(subject.subject(session.read())[0], unit=3),
    "an upload": upload,
    "a drawing": draw,
}


def after(choose, **parameters: str) -> tuple[dict[str, str], bool, bool]:
    """What the address is after a choice, whether the audience predicts, and whether the answer is hidden."""
    found = []

    def run() -> None:
        session.write_address(session.read())
        choose()
        found.append((dict(address.read()), hidden_answer.on(), hidden_answer.hidden()))

    finished(headless.drawing(run, {"net": "mnist-cnn", "image": "test-0", **parameters}))
    return found[0]


@pytest.mark.parametrize("way", WAYS)
def test_another_picture_or_network_hides_the_answer(way):
    before = {"net": "mnist-cnn", "image": "test-0"}
    found, on, hidden = after(WAYS[way], predict="0")
    assert {name: found[name] for name in before} != before
    assert (found["predict"], on, hidden) == ("1", True, True)
    # Nobody is asked who was not before.
    found, on, hidden = after(WAYS[way])
    assert ("predict" in found, on, hidden) == (False, False, False)


def beside() -> None:
    from nnviz.app.sidebar import sidebar
    from nnviz.shell import session

    sidebar.draw(session.read())


@pytest.mark.parametrize("chosen", ["mnist-mlp", "photo-cnn"])
def test_another_network_of_the_sidebar_hides_it(chosen):
    app = visited(beside, net="mnist-cnn", image="test-0", predict=0)
    app.selectbox(key="network").set_value(chosen).run()
    assert (app.query_params["net"], app.query_params["predict"]) == (chosen, "1")


@pytest.mark.parametrize("follow", [upload, draw])
def test_an_upload_after_another_hides_it_though_its_name_is_the_same(follow):
    def twice() -> None:
        follow(60)
        address.write(predict=0)
        follow(200)

    found, _, hidden = after(twice, predict="1")
    assert (found["image"], hidden) == ("upload", True)


def test_a_picture_that_is_none_hides_nothing():
    def broken() -> None:
        import streamlit as st

        st.session_state["upload"] = io.BytesIO(b"no picture")
        st.session_state["upload"].name = "mine.png"
        own_pictures._take_upload()

    assert after(broken, predict="0")[0]["predict"] == "0"


@pytest.mark.parametrize(
    "choose",
    [
        lambda: address.write(unit=3, layer="conv2", dx=4, invert=True),
        lambda: address.write(image="test-0", net="mnist-cnn", target=3),
        lambda: address.write(image="test-5", predict=0),
    ],
    ids=["a unit", "the same again", "shown on purpose"],
)
def test_what_is_revealed_stays_so_while_network_and_picture_do(choose):
    assert after(choose, predict="0")[0]["predict"] == "0"


def opening_a_page() -> None:
    import streamlit as st

    from nnviz.shell import hidden_answer

    st.session_state["hidden"] = hidden_answer.hidden()


def test_what_is_hidden_stays_so_on_a_page_that_the_menu_opens():
    app = visited(opening_a_page, image="test-3", predict=1)
    app.query_params.clear()  # a link of the menu says nothing of what is shown
    app.run()
    assert app.session_state["hidden"] is True
    assert app.query_params["predict"] == "1"


def test_nobody_sets_picture_or_network_but_by_the_one_way_that_hides_the_answer():
    """`address.write` is that; all parameters at once are set where a whole address was given or seen before."""
    whole = {"shell/address.py", "shell/page.py", "shell/session.py", "talk/wall.py"}
    package = Path(nnviz.__file__).parent
    setters, links = set(), {}
    for path in package.rglob("*.py"):
        place = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name == "address.replace" or (name.startswith("st.query_params.") and not name.endswith("to_dict")):
                    setters.add(place)
                for given in node.keywords:
                    if given.arg == "query_params":
                        links[place] = ast.unparse(given.value)
            written = [*node.targets] if isinstance(node, ast.Assign | ast.Delete) else []
            assert not any("query_params" in ast.unparse(target) for target in written), place
    assert setters == whole
    assert {place: value for place, value in links.items() if value != "address.read()"} == {
        "app/menu.py": "{address.SCENE: '1'}"
    }
