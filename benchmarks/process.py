"""A process of its own that answers every line it is sent with one line of JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Answering:
    """Starts the process, whose first line says how it began.

    Attributes:
        first: what that line said; {"error": why} where the process did not start.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
        quiet: bool = True,
    ):
        errors = subprocess.DEVNULL if quiet else None
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=folder,
                env=variables,
            )
        except OSError as error:
            self._process = None
            self.first: dict[str, Any] = {"error": f"cannot be started: {error}"}
            return
        self.first = self._answer()

    def ask(self, question: str) -> dict[str, Any]:
        """Send one line and wait for the answer, which has "error" where something went wrong."""
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Let the process end by itself; without effect where it did not start."""
        if self._process is not None and self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(timeout=30)

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": f"its process ended with code {self._process.wait()}"}
