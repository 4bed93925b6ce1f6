"""Find what excites each unit of the nets that ship most, and keep it for the app: the face of the unit.

Those for digits are searched in all bundled test digits, the photograph net in the four photographs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.network.network import load
from nnviz.analysis.progress import finished
from nnviz.analysis.search import faces
from nnviz.analysis.search.strongest import strongest

NETS = ("mnist-cnn", "mnist-mlp", "photo-cnn")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=faces.FILE, help="file to write to")
    options = parser.parse_args(arguments)
    found = {}
    for name in NETS:
        network = load(name)
        pictures = photographs.Gallery() if photographs.said(network) else digits.test_set()[0]
        found[name] = faces.faces(finished(strongest(network, pictures)))
        print(f"{name}: {sum(len(each.values) for each in found[name].layers.values()):,} units")
    faces.write(options.out, found)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
