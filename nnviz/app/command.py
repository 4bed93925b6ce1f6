"""The command `nnviz`: the app as `streamlit run dashboard.py` starts it, from any folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nnviz.app import startup
from nnviz.installation import ROOT


def main(arguments: Sequence[str] | None = None) -> None:
    """Start the app, and end with it.

    Args:
        arguments: options of the app; after `--` those of `streamlit run`. By default the command line's.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    own, servers = given[:at], given[at + 1 :]
    startup.program = "nnviz"
    # The server reads them again when it starts; what is no option is not worth a start, and --help needs none.
    startup.parser().parse_args(own)
    from streamlit.web import cli

    cli.main(["run", str(ROOT / "dashboard.py"), *servers, "--", *own], prog_name="streamlit")
