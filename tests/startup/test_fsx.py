"""A Windows file system is found, and its credentials are read."""

from __future__ import annotations

from tests.made_world import task
from tests.startup.needs import SECRET, rows
from tfcheck.startup import fsx
from tfcheck.symbolic.value import Value


def test_a_windows_file_system_is_found_and_its_credentials_read() -> None:
    server: dict[str, Value] = {
        "file_system_id": "fs-1",
        "authorization_config": [{"credentials_parameter": SECRET, "domain": "example.com"}],
    }
    volumes: list[Value] = [{"name": "plain"}, {"name": "w", "fsx_windows_file_server_volume_configuration": [server]}]
    pointer = "/volumes/1/fsxWindowsFileServerVolumeConfiguration"
    assert rows(fsx.RULE, task({}, volume=volumes)) == [
        (pointer, "fsx:DescribeFileSystems", "*", "error"),
        (pointer, "secretsmanager:GetSecretValue", SECRET, "error"),
    ]
