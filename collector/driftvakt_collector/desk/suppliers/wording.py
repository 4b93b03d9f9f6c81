"""What suppliers are told, in their language. Times have date and offset. Pure."""

from driftvakt_collector.desk.suppliers.handover import Handover
from driftvakt_collector.desk.suppliers.outgoing import Do
from driftvakt_collector.desk.texts.clean import block, line
from driftvakt_collector.desk.texts.moment import ZONE, full

MARKER = "##- Skriv ovanför den här raden / Write above this line -##"
"""What stands under it in an answer was ours."""
_MOST_TITLE = 150
_MOST_NOTE = 4000
_SV = {
    Do.OPEN: "Felanmälan: {what}", Do.NOTE: "Mer om felet: {what}", Do.REOPEN: "Felet är kvar: {what}",
    Do.ACCEPT: "Felet är avhjälpt: {what}", Do.CANCEL: "Felanmälan återtas: {what}",
    "open": "Vi felanmäler följande till er. Vad vi har mätt står nedan.",
    "reopen": "Ni har sagt att felet är avhjälpt. Enligt våra mätningar är det kvar. Ärendet öppnas igen.",
    "accept": "Vi bekräftar att felet är avhjälpt. Ärendet kan stängas. Tack.",
    "cancel": "Vi återtar felanmälan. Ni behöver inte göra något mer.",
    "note": "",
    "answer": "Svar väntas senast {time}.", "mend": "Felet ska enligt avtalet vara avhjälpt senast {time}.",
    "how": "Svara på det här mejlet, så kommer svaret in i vårt ärende. Skriv gärna ert ärendenummer.\n"
    "Ett av de här orden ensamt på första raden talar om läget:\n"
    "  PÅBÖRJAT  ni har börjat\n"
    "  ÅTGÄRDAT  felet är avhjälpt",
}  # fmt: skip
_EN = {
    Do.OPEN: "Fault: {what}", Do.NOTE: "More about the fault: {what}", Do.REOPEN: "The fault is still there: {what}",
    Do.ACCEPT: "The fault is mended: {what}", Do.CANCEL: "No fault any more: {what}",
    "open": "We report the following fault to you. What we measured stands below.",
    "reopen": "You said that the fault is mended. By our measurements it is still there. The case is open again.",
    "accept": "We confirm that the fault is mended. The case may be closed. Thank you.",
    "cancel": "We take our report back. There is nothing more for you to do.",
    "note": "",
    "answer": "We expect an answer by {time}.", "mend": "By our agreement the fault should be mended by {time}.",
    "how": "Reply to this mail and the answer reaches our case. Please write the number of yours.\n"
    "One of these words alone on the first line says how it stands:\n"
    "  STARTED  you have begun\n"
    "  MENDED   the fault is mended",
}  # fmt: skip


def title(do: Do, what: str, language: str) -> str:
    """Return what it is about in one line."""
    return line(_words(language)[do].format(what=line(what, _MOST_TITLE)), _MOST_TITLE)


def body(do: Do, one: Handover, language: str, *, note: str = "", evidence: str = "") -> str:
    """Return what is said. note: what one of us wrote to them. evidence: the pack, as text."""
    say = _words(language)
    times = []
    if do in (Do.OPEN, Do.REOPEN):
        if one.answered_at is None and one.answer_due_at is not None:
            times.append(say["answer"].format(time=full(one.answer_due_at, ZONE)))
        if one.mend_due_at is not None:
            times.append(say["mend"].format(time=full(one.mend_due_at, ZONE)))
    parts = [say[do.value], block(note, _MOST_NOTE, 100), "\n".join(times), evidence]
    return "\n\n".join(part for part in parts if part)


def how_to_answer(language: str) -> str:
    """Return how a mail is answered."""
    return _words(language)["how"]


def _words(language: str) -> dict[object, str]:
    told: dict[object, str] = {**(_SV if language == "sv" else _EN)}
    return told
