"""Names that would mean something in Markdown."""

import pytest

from nnviz.shell.markdown import escape_markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b*_c_.png", r"a\*b\*\_c\_.png"),
        ("[x](y) <b>", r"\[x\](y) \<b\>"),
        ("$x$ ~y~ `z`", r"\$x\$ \~y\~ \`z\`"),
        (":material/home: :smile: :red[x]", r"\:material/home: \:smile: \:red\[x\]"),
        ("stem_conv_bn, _x_, __init__, a__b", r"stem_conv_bn, \_x\_, \_\_init\_\_, a\_\_b"),
        ("C:\\pictures", "C:\\\\pictures"),
        ("unit runs from 0 to 31 here. Received: 99.", "unit runs from 0 to 31 here. Received: 99."),
    ],
)
def test_what_means_something_is_escaped_and_nothing_else(text, expected):
    assert escape_markdown(text) == expected
