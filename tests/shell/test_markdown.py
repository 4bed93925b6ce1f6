"""Names that would mean something in Markdown."""

import re

import pytest

from nnviz.figures.words import verbatim
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b*_c_.png", r"a\*b\*\_c\_.png"),
        ("[x](y) <b>", r"\[x\](y) \<b\>"),
        ("$x$ ~y~ `z`", r"\$x\$ \~y\~ \`z\`"),
        (":material/home: :smile: :red[x]", ":\u2060material/home: :\u2060smile: \\:red\\[x\\]"),
        ("stem_conv_bn, _x_, __init__, a__b", r"stem_conv_bn, \_x\_, \_\_init\_\_, a\_\_b"),
        ("a&lt;b & c", r"a\&lt;b & c"),
        ("# a", r"\# a"),
        ("- a - b -1", r"\- a - b -1"),
        ("C:\\pictures", "C:\\\\pictures"),
        ("unit runs from 0 to 31 here. Received: 99.", "unit runs from 0 to 31 here. Received: 99."),
    ],
)
def test_what_means_something_is_escaped_and_nothing_else(text, expected):
    assert escape_markdown(text) == expected


@pytest.mark.parametrize("text", ["https://evil.org/x", "see www.evil.org", "me@evil.org", "a HTTP://evil.org"])
def test_a_bare_address_is_no_link_and_reads_as_it_did(text):
    """The grammar of GitHub's Markdown: what it makes a link of stands nowhere in the text."""
    shown = escape_markdown(text)
    assert shown.replace("\u2060", "") == text
    assert not re.search(r"https?://|www\.|[-.+\w]@\w", shown, re.IGNORECASE)


def test_no_name_turns_the_sentence_that_it_stands_in():
    name = "\u202etac\u2066 \u200fx"
    assert escape_markdown(name) == verbatim(name) == html("{}", name) == html("{name}", name=name) == "tac x"
