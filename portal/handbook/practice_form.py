"""The form of the practice square, as it is shown, sent and shown again."""

from dataclasses import dataclass

from portal.campaigns import disclosure
from portal.handbook import practice
from portal.handbook.feedback import Attempt, disclosed
from portal.people.models import Organisation
from portal.sharing import counting, texts
from portal.web import Form

LEFT_OUT = 2
"""The third wording: none, to see what the square says to that."""


@dataclass(frozen=True)
class PracticeForm:
    language: str
    pretend: practice.Pretend
    starters: tuple[str, str, str]
    wordings: list[str]
    """What the text may open with; the last is nothing at all."""
    own: str
    with_caption: bool
    wording: int
    with_link: bool
    employer: str
    said: str
    """A pattern of texts that say already where somebody works."""
    text: str

    @classmethod
    def fresh(cls, organisation: Organisation, language: str) -> "PracticeForm":
        return cls._made(organisation, language, own="", with_caption=True, wording=0, with_link=True)

    @classmethod
    def read(cls, form: Form, organisation: Organisation, language: str) -> "PracticeForm":
        """What was sent; a text that is too long adds to `form.errors`."""
        wording = form.number("disclosure") or 0
        return cls._made(
            organisation,
            language,
            own=form.lines("text", texts.LONGEST_OWN),
            with_caption=form.is_set("caption"),
            wording=wording if wording <= LEFT_OUT else 0,
            with_link=form.is_set("link"),
        )

    @classmethod
    def of(cls, attempt: Attempt, organisation: Organisation, language: str) -> "PracticeForm":
        """As it was when this was tried, to go on from there."""
        wordings = practice.wordings(organisation, language)
        opened = [place for place, wording in enumerate(wordings) if attempt.text.startswith(wording)]
        opened += [LEFT_OUT if disclosed(attempt) == "never" else 0]
        return cls._made(
            organisation,
            language,
            own=attempt.own,
            with_caption=bool(attempt.caption),
            wording=opened[0],
            with_link=attempt.link in attempt.text,
        )

    @classmethod
    def _made(
        cls, organisation: Organisation, language: str, *, own: str, with_caption: bool, wording: int, with_link: bool
    ) -> "PracticeForm":
        wordings = [*practice.wordings(organisation, language), ""]
        text = practice.compose(
            own,
            organisation=organisation,
            language=language,
            with_caption=with_caption,
            wording=wordings[wording],
            with_link=with_link,
        )
        return cls(
            language=language,
            pretend=practice.pretend(organisation, language),
            starters=practice.beginnings(language),
            wordings=wordings,
            own=own,
            with_caption=with_caption,
            wording=wording,
            with_link=with_link,
            employer=organisation.name,
            said=disclosure.said_by(organisation.name),
            text=text,
        )

    @property
    def words(self) -> str:
        """What readers would read, without what the portal puts before and after it."""
        return " ".join((self.own, self.pretend.caption if self.with_caption else "")).strip()

    @property
    def fitted(self) -> str:
        """The whole text, shortened to what fits: marketing's part first, as on the share page."""
        return texts.fit(
            self.own,
            self.pretend.caption if self.with_caption else "",
            disclosure=self.wordings[self.wording],
            link=practice.LINK if self.with_link else "",
            fits=lambda text: counting.graphemes(text) <= practice.LIMIT,
            employer=self.employer,
        )

    @property
    def count(self) -> int:
        return counting.graphemes(self.text)

    @property
    def own_share(self) -> float:
        caption = self.pretend.caption if self.with_caption else ""
        return texts.own_share(f"{self.own} {caption}", caption)
