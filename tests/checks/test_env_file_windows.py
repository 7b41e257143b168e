"""Windows containers have no environment files."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, files, messages
from tfcheck.checks import env_file_windows
from tfcheck.symbolic.value import Value


def test_windows_has_no_environment_files() -> None:
    windows: list[Value] = [{"operating_system_family": "WINDOWS_SERVER_2022_CORE"}]
    (found,) = messages(env_file_windows.CHECK, files(FILE), runtime_platform=windows)
    assert found.startswith("error: ")
    (found,) = messages(env_file_windows.CHECK, files(FILE), runtime_platform=windows, requires_compatibilities=["EC2"])
    assert found.startswith("warning: ")
    assert messages(env_file_windows.CHECK, {}, runtime_platform=windows) == []
    assert messages(env_file_windows.CHECK, files(FILE)) == []
