"""What the convolution page shows of a cell, where it stands, and whether it is right."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from app import SECONDS, App

CLOSE = 1e-4
"""Of the map's largest."""

ROOT = ".conv"


def cell(app: App) -> dict[str, Any]:
    """What the picture shows of the cell."""
    return json.loads(app.page.locator(ROOT).get_attribute("data-cell") or "")


def until(app: App, row: int, column: int) -> dict[str, Any]:
    """Wait until that cell is shown."""
    app.page.wait_for_function(
        """([row, column]) => {
          const canvas = window.nn.canvases().find((node) => node.closest(".conv"));
          const found = canvas && JSON.parse(canvas.closest(".conv").dataset.cell);
          return found && found.row === row && found.column === column;
        }""",
        arg=[row, column],
        timeout=SECONDS,
    )
    return cell(app)


def press(app: App, name: str) -> None:
    app.page.get_by_role("button", name=name, exact=True).click()


def over(app: App, row: int, column: int) -> dict[str, float]:
    """Middle of a cell of the output."""
    return app.page.locator(f"{ROOT} .output canvas").evaluate(
        """(canvas, [row, column]) => {
          const shape = canvas.closest(".conv").querySelector(".output p").textContent.split(",")[0];
          const columns = Number(shape.split("\\u00d7")[1]);
          const size = (canvas.clientWidth - 8) / columns;
          return { x: 4 + (column + 0.5) * size, y: 4 + (row + 0.5) * size };
        }""",
        [row, column],
    )


def assert_right(found: dict[str, Any], steps: Any) -> None:
    """Sums, bias, activation and what follows, as the network has them."""
    at = (found["row"], found["column"])
    sums = steps.channel_sums(*at)
    channel = found["channel"]
    largest = float(np.abs(steps.pre_activation).max())
    most = float(np.abs(steps.output).max())
    assert found["sum"] == pytest.approx(sums[channel], abs=CLOSE * largest)
    assert found["others"] == pytest.approx(sums.sum() - sums[channel], abs=CLOSE * largest)
    assert found["bias"] == (None if steps.bias is None else pytest.approx(steps.bias, abs=CLOSE * largest))
    assert found["total"] == pytest.approx(steps.pre_activation[at], abs=CLOSE * largest)
    assert found["activated"] == pytest.approx(steps.output[at], abs=CLOSE * most)
    assert found["value"] == pytest.approx(steps.output[at], abs=CLOSE * most)
    assert np.dot(found["patch"], found["kernel"]) == pytest.approx(found["sum"], abs=1e-9)
    np.testing.assert_allclose(found["products"], np.multiply(found["patch"], found["kernel"]))
    np.testing.assert_allclose(found["kernel"], steps.kernel[..., channel].ravel(), atol=1e-7)
    shown = [step for step in (steps.activation, *steps.further) if step.rule != "linear"]
    for value, step in zip(found["made"][1:], shown, strict=True):
        assert value == pytest.approx(step.values[at], abs=CLOSE * float(np.abs(step.values).max()))
