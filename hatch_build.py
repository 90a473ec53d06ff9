"""Hook of hatchling, which builds the wheel: see envs/wheel.py for what is in it and why."""

import runpy
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackageHook(BuildHookInterface):
    """Put the workflow into the package."""

    def initialize(self, version, build_data):
        """Name the files of the wheel; an editable installation takes the clone as it is."""
        if version == "editable":
            return
        write_package = runpy.run_path(str(Path(self.root, "envs", "wheel.py")))["write_package"]
        self.folder = tempfile.TemporaryDirectory()
        package = write_package(self.root, self.folder.name)
        build_data["force_include"][str(package)] = package.name

    def finalize(self, version, build_data, artifact_path):
        """Remove the copies."""
        if version != "editable":
            self.folder.cleanup()
