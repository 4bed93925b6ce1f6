"""The command `nnviz`: what it says itself, and what it hands to Streamlit."""

from __future__ import annotations

import sys
import tomllib

import pytest
from streamlit.web import cli

import nnviz
from nnviz.app import command, startup
from nnviz.installation import ROOT

SAFE = {
    "server.address": "localhost",
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "browser.gatherUsageStats": False,
    "server.maxUploadSize": 1024,
}


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """What Streamlit is asked for."""
    found = []
    monkeypatch.setattr(startup, "program", startup.program)
    monkeypatch.setattr(cli, "main", lambda arguments, prog_name: found.append(arguments))
    return found


@pytest.mark.parametrize(
    ("given", "servers", "own"),
    [
        ([], [], []),
        (["--model", "a b.keras", "--image=c.png"], [], ["--model", "a b.keras", "--image=c.png"]),
        (["--", "--server.port", "8600"], ["--server.port", "8600"], []),
        (["--talk", "t.yaml", "--", "--server.headless", "true"], ["--server.headless", "true"], ["--talk", "t.yaml"]),
    ],
)
def test_the_app_is_started_with_its_options_and_the_server_with_its_own(given, servers, own, started, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nnviz", *given])
    command.main()
    assert started == [["run", str(ROOT / "dashboard.py"), *servers, "--", *own]]


@pytest.mark.parametrize("given", [["--models", "x"], ["picture.png"], ["--model"]])
def test_what_is_no_option_is_refused_before_anything_starts(given, started, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(given)
    assert (ended.value.code, started) == (2, [])
    assert "usage: nnviz [-h] [--model MODEL]" in capsys.readouterr().err


def test_help_and_version_start_nothing(started, capsys):
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit) as ended:
            command.main([option])
        assert ended.value.code == 0
    assert started == []
    said = capsys.readouterr().out
    for option in ("--model", "--image", "--card", "--talk", "--folder", "nnviz -- --server.port"):
        assert option in said
    assert said.endswith(f"nnviz {nnviz.__version__}\n")


def test_the_settings_stand_beside_the_file_that_is_started():
    """There Streamlit looks for them, whatever the folder that one is in."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["server"]["address"] == "localhost"


def test_nobody_outside_sees_the_app_speaks_for_it_or_is_told_of_it():
    """As Streamlit reads them: a name that it does not know would be no setting at all."""
    from streamlit import config

    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    found = {name: (settings[name.partition(".")[0]][name.partition(".")[2]], config.get_option(name)) for name in SAFE}
    assert found == {name: (value, value) for name, value in SAFE.items()}
    assert all(name in config._config_options_template for name in SAFE)
