"""Whether the audience predicts: the net's answer is then hidden until it is revealed.

`predict=1` in the address hides it, `predict=0` shows it; without either nobody is asked. Another picture or network
hides it again, wherever that is chosen: `address.write` sees to it, and `library` where an upload follows another.
"""

from __future__ import annotations

from nnviz.shell import address


def on() -> bool:
    """Whether the address has the audience predict, before the answer or after."""
    return address.PREDICT in address.read()


def hidden() -> bool:
    """Whether the answer is hidden."""
    return address.read().get(address.PREDICT) == "1"
