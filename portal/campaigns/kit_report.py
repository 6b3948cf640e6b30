"""What is wrong with a kit, told so that an editor finds the place: the file, the line, and a sentence."""

from dataclasses import dataclass

from portal.i18n import gettext as _

MOST_TOLD = 200
"""Problems in one report: whoever has more has one mistake many times."""


@dataclass(frozen=True)
class Problem:
    """One thing to repair. Without a `file` it is about the kit as a whole."""

    sentence: str
    file: str = ""
    line: int = 0
    """From 1; 0 when it is about the file as a whole."""
    key: str = ""

    @property
    def place(self) -> str:
        """The line and the key, in words; "" when there is neither."""
        line = _("line %(line)s", line=self.line) if self.line else ""
        return ": ".join(part for part in (line, self.key) if part)

    def __str__(self) -> str:
        where = f"{self.file} {self.place}".strip()
        return f"{where}: {self.sentence}" if where else self.sentence


class KitRefused(ValueError):
    """The kit cannot be used; `problems` holds every reason, by file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda each: (each.file, each.line))[:MOST_TOLD]
        if len(problems) > MOST_TOLD:
            self.problems.append(Problem(_("There is more. Repair these first, then check once again.")))
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> list[str]:
        return [str(problem) for problem in self.problems]

    @property
    def by_file(self) -> dict[str, list[Problem]]:
        """The problems under the name of their file, "" for those of the whole kit."""
        found: dict[str, list[Problem]] = {}
        for problem in self.problems:
            found.setdefault(problem.file, []).append(problem)
        return found
