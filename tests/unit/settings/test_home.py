"""Where things are kept: one reading of the variable, for all who keep something."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipyimagegen.core.errors import StorageError
from ipyimagegen.services.speedpix.workflows import declare
from ipyimagegen.settings.home import VARIABLE, home, settings_home


def test_a_relative_home_stays_where_it_was_first_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"kept-{tmp_path.name}")
    monkeypatch.chdir(tmp_path)
    first = home()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tmp_path / f"kept-{tmp_path.name}" == first == home() == settings_home()
    declare("flow", {"prompt": str})
    assert (first / "speedpix.json").is_file()


def test_the_home_of_the_user_is_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "~/pictures-of-this-test")
    assert tmp_path / "pictures-of-this-test" == home()


@pytest.mark.parametrize("read", [home, settings_home])
def test_the_home_of_nobody_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, read: object) -> None:
    monkeypatch.setenv(VARIABLE, "~no-such-user-here/kept")
    with pytest.raises(StorageError, match="IPYIMAGEGEN_HOME='~no-such-user-here/kept': there is no such home folder"):
        home() if read is home else settings_home()


def test_without_the_variable_it_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    assert home().is_absolute()
    assert "ipyimagegen" == home().name
