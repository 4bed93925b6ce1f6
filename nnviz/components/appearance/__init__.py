"""The button that changes between light, dark and a dark room: `appearance`."""

from nnviz.components.appearance.appearance import appearance as appearance
